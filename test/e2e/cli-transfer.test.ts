import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTracker, type Tracker } from '../../src/tracker/index.js';
import { CliProcess } from './cli-process.js';

const LENGTH = 3_000_001;
const ON_LOOPBACK = ['--host', '127.0.0.1', '--port', '0'];

let dir: string;
let target: string;
let bytes: Buffer;
let torrent: string;
let magnet: string;
let tracker: Tracker;
let started: CliProcess[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
  tracker = await createTracker({ http: { port: 0, host: '127.0.0.1' }, intervalSeconds: 5 });
  mkdirSync(join(dir, 'source'));
  bytes = randomBytes(LENGTH);
  writeFileSync(join(dir, 'source', 'payload.bin'), bytes);
  torrent = join(dir, 'payload.torrent');
  const create = run(
    'create',
    join(dir, 'source', 'payload.bin'),
    '--out',
    torrent,
    '--announce',
    tracker.http!.url,
  );
  magnet = String((await create.event('create')).magnet);
  expect(await create.ended).toBe(0);
});

afterAll(async () => {
  await tracker.close();
  rmSync(dir, { recursive: true, force: true });
});

beforeEach(() => {
  target = mkdtempSync(join(dir, 'target-'));
});

afterEach(async () => {
  for (const one of started) one.kill('SIGKILL');
  await Promise.all(started.map(one => one.ended));
  started = [];
});

function run(...args: string[]): CliProcess {
  const one = new CliProcess(args);
  started.push(one);
  return one;
}

function seed(...args: string[]): CliProcess {
  return run('seed', torrent, '--dir', join(dir, 'source'), '--no-state', ...ON_LOOPBACK, ...args);
}

function download(...args: string[]): CliProcess {
  return run(
    'download',
    torrent,
    '--dir',
    target,
    '--state-dir',
    join(target, 'state'),
    ...ON_LOOPBACK,
    ...args,
  );
}

/** What `--json` says a peer was limited by: three decimal places that add up to 1. */
function expectShares(limitedBy: unknown): void {
  const shares = Object.values(limitedBy as Record<string, number>);
  expect(shares).toHaveLength(8);
  expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 6);
}

async function addressOf(one: CliProcess): Promise<string> {
  const { host, port } = await one.event('listening');
  return `${host}:${port}`;
}

describe('download', () => {
  it('fetches from a seed that the tracker tells, and leaves', async () => {
    const server = seed();
    await server.event('listening');
    const client = download();
    expect(await client.event('complete')).toEqual({
      event: 'complete',
      bytes: LENGTH,
      seconds: expect.any(Number),
      rate: expect.any(Number),
      limitedBy: expect.any(Object),
    });
    expectShares(client.events.at(-1)!.limitedBy);
    expect(await client.ended).toBe(0);
    expect(readFileSync(join(target, 'payload.bin')).equals(bytes)).toBe(true);
    const progress = await client.event('progress');
    expect(Object.keys(progress)).toEqual(expect.arrayContaining(['done', 'total', 'down', 'up', 'peers']));

    server.kill('SIGINT');
    expect(await server.ended).toBe(0);
    expect(tracker.stats().peers).toBe(0);
    const end = server.events.at(-1)!;
    expect(end).toMatchObject({ event: 'end', uploaded: LENGTH, downloaded: 0 });
    expectShares(end.limitedBy);
  });

  it('fetches by a magnet link alone, and ends with 130 when nobody is there', async () => {
    const follow = () => run('download', magnet, '--dir', target, '--no-state', ...ON_LOOPBACK);
    const alone = follow();
    await alone.event('listening');
    alone.kill('SIGINT');
    expect(await alone.ended).toBe(130);

    const server = seed();
    await server.event('listening');
    const client = follow();
    await client.event('complete');
    expect(await client.ended).toBe(0);
    expect(readFileSync(join(target, 'payload.bin')).equals(bytes)).toBe(true);
  });

  it('ends with 130 when it is interrupted, and goes on where it stopped', async () => {
    const server = seed();
    const peer = await addressOf(server);
    const slow = download('--peer', peer, '--down', '400KB/s');
    await slow.event('progress', ({ done }) => Number(done) > 0);
    slow.kill('SIGINT');
    expect(await slow.ended).toBe(130);
    expect(slow.events.some(({ event }) => event === 'complete')).toBe(false);
    expect(slow.events.at(-1)).toMatchObject({ event: 'end', uploaded: 0 });
    expectShares(slow.events.at(-1)!.limitedBy);

    const again = download('--peer', peer);
    await again.event('complete');
    expect(await again.ended).toBe(0);
    const fetched = again.events.findLast(({ event }) => event === 'progress')?.downloaded;
    expect(fetched).toBeLessThan(LENGTH);
    expect(readFileSync(join(target, 'payload.bin')).equals(bytes)).toBe(true);
  });

  it('stays to serve others when told so', async () => {
    const server = seed();
    const first = download('--peer', await addressOf(server), '--stay');
    await first.event('complete');
    server.kill('SIGTERM');
    expect(await server.ended).toBe(0);

    const second = run(
      'download',
      torrent,
      '--dir',
      mkdtempSync(join(dir, 'second-')),
      '--no-state',
      ...ON_LOOPBACK,
    );
    await second.event('complete');
    expect(await second.ended).toBe(0);
    first.kill('SIGINT');
    expect(await first.ended).toBe(0);
  });

  it('goes on when nobody reads its output any more', async () => {
    const server = seed();
    const client = download('--peer', await addressOf(server), '--seed-for', '1s');
    client.child.stdout.destroy();
    expect(await client.ended).toBe(0);
    expect(client.stderr).toBe('');
    expect(readFileSync(join(target, 'payload.bin')).equals(bytes)).toBe(true);
  });
});

describe('seed', () => {
  it('fails when its folder has nothing of the torrent', async () => {
    const lost = run('seed', torrent, '--dir', target, '--no-state', ...ON_LOOPBACK);
    expect(await lost.event('error')).toMatchObject({ code: 'ERR_STORAGE_MISSING' });
    expect(await lost.ended).toBe(1);
  });

  it('tells when its port is taken', async () => {
    const port = `${(await seed().event('listening')).port}`;
    const second = run(
      'seed',
      torrent,
      '--dir',
      join(dir, 'source'),
      '--no-state',
      '--host',
      '127.0.0.1',
      '--port',
      port,
    );
    expect(await second.event('error')).toMatchObject({ code: 'ERR_NET_ADDRESS_IN_USE' });
    expect(await second.ended).toBe(1);
  });
});

describe('tracker', () => {
  it('listens on HTTP and UDP until it is interrupted', async () => {
    const server = run('tracker', '--host', '127.0.0.1', '--http-port', '0', '--udp-port', '0');
    const listening = await server.event('listening');
    expect(listening).toMatchObject({ host: '127.0.0.1', port: expect.any(Number) });
    expect((await fetch(String(listening.http))).status).toBe(400);
    expect(listening.udp).toMatch(/^udp:\/\/127\.0\.0\.1:\d+\/announce$/);
    server.kill('SIGTERM');
    expect(await server.ended).toBe(0);
  });
});
