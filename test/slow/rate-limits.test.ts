import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSession, type RateLimits, type Session, type Torrent } from '../../dist/index.js';
import { addressOf, KiB, MiB, makeSample, type Sample } from '../lib/e2e-stage.js';
import { Stage } from '../lib/stage.js';

/** After this all buckets have long been empty and all windows are open. */
const WARM_UP_MS = 3_000;
const WINDOW_MS = 10_000;
const TOLERANCE = 0.05;

const MB = 1_000_000;

/** A limit, and where it holds: of a session, of a torrent, at the sending or the receiving end. */
interface Case {
  readonly name: string;
  /** Bytes a second that must arrive, all receivers together. */
  readonly rate: number;
  readonly sender?: RateLimits;
  readonly senderTorrent?: RateLimits;
  readonly receiver?: RateLimits;
  readonly receiverTorrent?: RateLimits;
  readonly senders?: number;
  readonly receivers?: number;
  /** Set when the warm-up is over. */
  readonly later?: { readonly receiver: RateLimits };
}

const CASES: readonly Case[] = [
  { name: 'session up 1 MB/s', rate: MB, sender: { up: MB } },
  { name: 'session up 5 MB/s', rate: 5 * MB, sender: { up: 5 * MB } },
  { name: 'session down 1 MB/s', rate: MB, receiver: { down: MB } },
  { name: 'session down 5 MB/s', rate: 5 * MB, receiver: { down: 5 * MB } },
  { name: 'torrent up 1 MB/s', rate: MB, senderTorrent: { up: MB } },
  { name: 'torrent down 5 MB/s', rate: 5 * MB, receiverTorrent: { down: 5 * MB } },
  { name: 'two receivers share up 5 MB/s', rate: 5 * MB, sender: { up: 5 * MB }, receivers: 2 },
  { name: 'two senders share down 5 MB/s', rate: 5 * MB, receiver: { down: 5 * MB }, senders: 2 },
  { name: 'two senders share down 1 MB/s', rate: MB, receiver: { down: MB }, senders: 2 },
  { name: 'each of two receivers up 1 MB/s', rate: 2 * MB, sender: { peerUp: MB }, receivers: 2 },
  { name: 'each of two senders down 1 MB/s', rate: 2 * MB, receiverTorrent: { peerDown: MB }, senders: 2 },
  {
    name: 'the lower of session and torrent counts',
    rate: MB,
    receiver: { down: 5 * MB },
    receiverTorrent: { down: MB },
  },
  {
    name: 'from 100 kB/s to 2 MB/s on the way',
    rate: 2 * MB,
    receiver: { down: 100_000 },
    later: { receiver: { down: 2 * MB } },
  },
];

/** Bytes that each receiver got in the window, and how long it really was. */
interface Measured {
  readonly bytes: readonly number[];
  readonly ms: number;
}

describe('rate limits are exact to 5 % over 10 s', () => {
  const measured = new Map<string, Measured>();
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.open();
    // Enough for 5 MB/s over the whole test.
    const sample = await makeSample(stage, { 'film.bin': 96 * MiB }, { pieceLength: 256 * KiB });
    const runs = CASES.map(async row => measured.set(row.name, await measure(stage, sample, row)));
    await Promise.all(runs);
    for (const { name, rate } of CASES)
      console.log(
        `${name}: ${((100 * rateOf(measured.get(name)!)) / rate).toFixed(2)} % of ${rate / MB} MB/s`,
      );
  }, 60_000);
  afterAll(() => stage.close());

  it.each(CASES)('$name', ({ name, rate }) => {
    const got = rateOf(measured.get(name)!);
    expect(got).toBeGreaterThan(rate * (1 - TOLERANCE));
    expect(got).toBeLessThan(rate * (1 + TOLERANCE));
  });

  it('who shares a limit gets a fair part of it', () => {
    const { bytes } = measured.get('two receivers share up 5 MB/s')!;
    const all = bytes[0] + bytes[1];
    for (const part of bytes) expect(part / all).toBeGreaterThan(0.35);
  });
});

function rateOf({ bytes, ms }: Measured): number {
  return (bytes.reduce((sum, part) => sum + part, 0) / ms) * 1000;
}

async function measure(stage: Stage, sample: Sample, row: Case): Promise<Measured> {
  const { sender, senderTorrent, receiver, receiverTorrent, senders = 1, receivers = 1, later } = row;
  const peers = [];
  for (let i = 0; i < senders; i++) {
    const session = await open(stage, sample.dir, sender);
    await (await session.add(sample.torrent, { check: 'seed', limits: senderTorrent })).checked();
    peers.push(addressOf(session));
  }
  const torrents: [Session, Torrent][] = [];
  for (let i = 0; i < receivers; i++) {
    const dir = stage.path(`${row.name} ${i}`.replaceAll('/', ' per '));
    const session = await open(stage, dir, receiver);
    torrents.push([session, await session.add(sample.torrent, { peers, limits: receiverTorrent })]);
  }
  await delay(WARM_UP_MS);
  if (later) for (const [session] of torrents) session.setLimits(later.receiver);
  const count = () => torrents.map(([, torrent]) => torrent.stats().downloaded);
  const before = count();
  const startMs = performance.now();
  await delay(WINDOW_MS);
  const bytes = count().map((after, i) => after - before[i]);
  const ms = performance.now() - startMs;
  for (const [session, torrent] of torrents) {
    expect(torrent.state).toBe('downloading');
    await session.close();
    await rm(stage.path(`${row.name} 0`), { recursive: true, force: true });
  }
  return { bytes, ms };
}

async function open(stage: Stage, dir: string, limits: RateLimits | undefined): Promise<Session> {
  const session = await createSession({
    dir,
    limits,
    listen: { host: '127.0.0.1' },
    workers: 0,
    kernels: 'native',
    memoryBytes: 32 * MiB,
    pex: false, // receivers that know of each other share what no limit of the sender's holds down
  });
  stage.defer(() => session.close());
  return session;
}
