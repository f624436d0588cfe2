import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../../../src/cli/main.js';
import { findKernels } from '../../../../src/cli/simulate/run.js';
import { runMain } from '../run-main.js';

const EXAMPLES = new URL('../../../../examples/scenarios/', import.meta.url);
/** Some of everything that draws lots, and quick. */
const BUSY = [
  ...['--peers', '40', '--size', '8MiB', '--up', '1MB/s,3MB/s', '--down', '6MB/s', '--arrivals', 'poisson:4'],
  ...[
    '--departure',
    'ratio:1.5',
    '--aborts',
    '10%',
    '--returns',
    '10%',
    '--free-riders',
    '10%',
    '--latency',
    '20ms',
  ],
];
const SMALL = ['--peers', '6', '--size', '2MiB'];

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-simulate-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function simulate(...args: string[]) {
  return runMain(['simulate', ...args]);
}

/** The whole report as written. */
async function reportOf(...args: string[]): Promise<string> {
  const out = join(dir, 'report.json');
  const { exitCode, stderr } = await simulate(...args, '--out', out);
  expect([exitCode, stderr]).toEqual([0, '']);
  return readFileSync(out, 'utf8');
}

describe('simulate', () => {
  it('prints times beside the bounds, within 80 columns', async () => {
    const { exitCode, stdout, stderr } = await simulate(...SMALL, '--seed', '3');
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^6 peers, 1 seed: 2\.1 MB in 8 pieces of 256 KiB\nThe seed sends 2\.0 MB\/s, peers send 2\.0 MB\/s\nclassic: 4 slots, 40 neighbours, rarest first, super-seeding; by pieces, seed 3\n$/m,
    );
    expect(stdout).toMatch(/^median +[\d.]+ s +[\d.]+ +[\d.]+$/m);
    // 6 F / 2 MB/s; F / 2 MB/s; (8 + floor(log2 6)) (F / 8) / 2 MB/s
    expect(stdout).toMatch(/^client-server +6\.29 s\npeer-to-peer +1\.05 s\nby pieces +1\.31 s$/m);
    for (const line of ['speed-up', 'seeds sent', 'utilisation', 'unchokes'])
      expect(stdout).toMatch(new RegExp(`^${line} +[\\d.]+ `, 'm'));
    expect(stdout).not.toMatch(/group|lost|later/);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('holds free riders against contributors, and says what the bounds leave out', async () => {
    const { stdout } = await simulate(...BUSY);
    const [, own] = /^free riders +\d+\/4 .* ([\d.]+)$/m.exec(stdout)!;
    const [, others] = /^peers +\d+\/36 .* ([\d.]+)$/m.exec(stdout)!;
    expect([Number(others), Number(own)]).toEqual([1, expect.any(Number)]);
    expect(stdout).toContain('peers that contribute');
    expect(stdout).toContain('here some come later');
    expect(stdout).not.toContain('speed-up');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('prints one JSON object, the report without its lists', async () => {
    const { events } = await simulate(...SMALL, '--json');
    expect(events.length).toBe(1);
    expect(events[0]).toMatchObject({
      event: 'simulate',
      scenario: { peers: 6, fileBytes: 2 ** 21 },
      completion: { peers: 6, complete: 6 },
      survived: true,
    });
    expect(Object.keys(events[0])).not.toEqual(expect.arrayContaining(['peers']));
    expect(Object.keys(events[0])).not.toEqual(expect.arrayContaining(['samples']));
  });

  it('writes the whole report, a line for each peer', async () => {
    const text = await reportOf(...SMALL);
    const report = JSON.parse(text);
    expect(report.peers.length).toBe(6);
    expect(report.samples.length).toBeGreaterThan(10);
    expect(text.match(/^ {4}\{"peer":\d+,/gm)?.length).toBe(6);
    expect(text.endsWith('\n}\n')).toBe(true);
    const { events } = await simulate(...SMALL, '--json', '--out', join(dir, 'again.json'));
    expect(events.at(-1)).toEqual({ event: 'report', path: join(dir, 'again.json') });
    const { peers: _, samples: __, ...summary } = report;
    expect(events[0]).toEqual({ event: 'simulate', ...summary });
  });

  it('gives the same bytes for the same seed on both kernels, others for another', async () => {
    const first = await reportOf(...BUSY, '--kernels', 'wasm');
    expect(await reportOf(...BUSY, '--kernels', 'js')).toBe(first);
    expect(await reportOf(...BUSY)).toBe(first);
    expect(await reportOf(...BUSY, '--seed', '2')).not.toBe(first);
  });

  it('takes the compiled kernels unless told otherwise', () => {
    expect(findKernels(undefined)).toBeTypeOf('function');
    expect(findKernels('wasm')).toBeTypeOf('function');
    expect(findKernels('js')).toBeUndefined();
  });

  // Of what the policy decides: when it changes, so do these. They must not with the version of Node.js or the machine.
  it.each([
    ['piece', BUSY, 'f0f8a78d81396215b824e017d16e0fc9e294901cc61a833c838493eaa7552bf0'],
    [
      'block',
      [...SMALL, '--fidelity', 'block'],
      '2a782a277db9ea5af23381350ec18dedf7953f33d05776b1f2d5c69ef58d9e6b',
    ],
  ])('gives the same bytes everywhere, by %ss', async (_, args, digest) => {
    const text = await reportOf(...args);
    expect(createHash('sha256').update(text).digest('hex')).toBe(digest);
  });

  it('fails when somebody is not complete, and says why', async () => {
    const died = await simulate(...SMALL, '--seed-leaves', 'after-one-copy', '--departure', 'leave');
    const late = await simulate(...SMALL, '--limit', '1s', '--json');
    expect(died.stdout).toMatch(/^lost +piece \d+ died at /m);
    expect(died).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^error: \d peers? of 6 did not complete: piece \d died at [\d.]+ s/),
    });
    expect(late.exitCode).toBe(1);
    expect(late.events.at(-1)).toMatchObject({
      code: 'EINCOMPLETE',
      message: expect.stringMatching(/^6 peers of 6 did not complete: the run ended at /),
    });
  });

  it('expects nothing of peers that give up', async () => {
    expect(await simulate(...SMALL, '--aborts', '50%')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('of the 3 of 6 peers that completed'),
    });
  });

  it('tells a terminal how long it took', async () => {
    const stdout = new PassThrough();
    const stderr = Object.assign(new PassThrough(), { isTTY: true });
    await main(['simulate', ...SMALL], { stdin: new PassThrough(), stdout, stderr, env: {} });
    const chunks = [];
    for (let chunk = stderr.read(); chunk !== null; chunk = stderr.read()) chunks.push(chunk);
    const notes = Buffer.concat(chunks).toString().split('\r\u001b[K');
    expect(notes[0]).toBe('simulating 6 peers ...');
    expect(notes.at(-1)).toMatch(/^[\d.]+ s simulated in [\d.]+ s\n$/);
  });

  it('tells a terminal how far a long run is, by bytes that were sent', async () => {
    let nowMs = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 1000));
    const stderr = Object.assign(new PassThrough(), { isTTY: true });
    for (const fidelity of ['piece', 'block']) {
      const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr, env: {} };
      await main(['simulate', ...SMALL, '--fidelity', fidelity], streams);
      const notes = String(stderr.read()).split('\r\u001b[K').slice(1, -1);
      expect(notes.length).toBeGreaterThanOrEqual(60);
      const shares = notes
        .map(note => /^simulating 6 peers: (\d+) % sent by [\d.]+ m?s$/.exec(note)?.[1])
        .map(Number);
      expect(shares).toEqual([...shares].sort((a, b) => a - b));
      expect([shares[0], shares.at(-1)]).toEqual([0, 100]);
    }
    clock.mockRestore();
  });

  it.each([
    [['--up', '1Mb/s'], 'means bits'],
    [['--up', '0'], 'up is 0, must be a number above 0'],
    [['--peers', '1.5'], 'is not a whole number'],
    [['--peers', '0'], 'peers is 0'],
    [['--leavers', '50'], 'is not a share'],
    [['--slots', 'many'], 'is not a whole number'],
    [['--arrivals', 'flahs'], 'neither flash nor poisson:RATE nor a file'],
    [['--arrivals', 'poisson:often'], "'often' is not a number"],
    [['--departure', 'flee'], 'none of stay, leave, linger:TIME, ratio:R'],
    [['--departure', 'linger:long'], 'is not a time'],
    [['--profile', 'seedbox'], 'none of classic, cluster, client-server'],
    [['--kernels', 'native'], 'Allowed choices are wasm, js'],
    [['--sweep', '10,5'], 'does not rise'],
    [['--sweep', '10,x'], 'is not a whole number'],
    [['--sweep', '10', '--peers', '5'], 'cannot be used with'],
    [['--sweep', '10', '--out', 'x'], 'cannot be used with'],
  ])('refuses %j', async (args, message) => {
    const { exitCode, stdout, stderr } = await simulate(...args);
    expect(stderr).toContain(message);
    expect([exitCode, stdout]).toEqual([2, '']);
  });
});

describe('simulate a file', () => {
  const files = readdirSync(EXAMPLES);

  it('has examples', () => {
    expect(files.length).toBeGreaterThanOrEqual(4);
  });

  it.each(files)('%s', async name => {
    const { exitCode, stdout, stderr } = await simulate(
      fileURLToPath(new URL(name, EXAMPLES)),
      '--peers',
      '40',
    );
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^40 peers, 1 seed/);
  });

  it('refuses what is wrong in it with its place, and a file that is not there', async () => {
    const path = join(dir, 'wrong.json');
    writeFileSync(
      path,
      '{ "fileBytes": 1, "seedUp": 1, "groups": [{ "name": "a", "peers": 1, "upload": 1 }] }',
    );
    expect(await simulate(path)).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining('wrong.json: groups[0].upload: unknown'),
    });
    expect(await simulate(join(dir, 'none.json'))).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('ENOENT'),
    });
  });

  it.each(['seed', 'a'])('refuses two that are called %s', async name => {
    const path = join(dir, 'names.json');
    const group = { peers: 1, up: 1 };
    writeFileSync(
      path,
      JSON.stringify({
        fileBytes: 1,
        seedUp: 1,
        groups: [
          { name: 'a', ...group },
          { name, ...group },
        ],
      }),
    );
    expect(await simulate(path)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(`name is ${name}, must be a name that nobody else has`),
    });
  });
});

describe('simulate --sweep', () => {
  it('prints a row and an object for each number of peers', async () => {
    const { stdout } = await simulate('--size', '2MiB', '--sweep', '2,8,20');
    expect([...stdout.matchAll(/^ +(\d+) .* s$/gm)].map(([, peers]) => Number(peers))).toEqual([2, 8, 20]);
    expect(stdout).toMatch(/^ +peers +median +last +ratio +client-server +peer-to-peer +by pieces$/m);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    const { events } = await simulate('--size', '2MiB', '--sweep', '2,8,20', '--json');
    expect(events.map(({ event, scenario }) => [event, (scenario as { peers: number }).peers])).toEqual([
      ['simulate', 2],
      ['simulate', 8],
      ['simulate', 20],
    ]);
  });

  it('draws it, the same each time', async () => {
    const svg = join(dir, 'sweep.svg');
    const draw = () => simulate('--size', '2MiB', '--sweep', '2,20', '--svg', svg);
    expect((await draw()).stdout).toContain(`${svg} is written`);
    const figure = readFileSync(svg, 'utf8');
    for (const text of [
      'client-server bound',
      'peer-to-peer bound',
      'last peer',
      'median peer',
      'bound by pieces',
    ])
      expect(figure).toContain(text);
    await draw();
    expect(readFileSync(svg, 'utf8')).toBe(figure);
  });
});

describe('simulate --svg', () => {
  it('draws three charts in one file', async () => {
    const svg = join(dir, 'run.svg');
    const { events } = await simulate(...BUSY, '--svg', svg, '--json');
    expect(events.at(-1)).toEqual({ event: 'svg', path: svg });
    const figure = readFileSync(svg, 'utf8');
    expect(figure.match(/<svg /g)?.length).toBe(4);
    for (const text of [
      'complete peers (%)',
      'free riders',
      'peer-to-peer bound',
      'of the rarest',
      'all uplinks',
      'client-server bound', // it is beyond the last peer, so the subtitle names it
    ])
      expect(figure).toContain(text);
    const ids = [...figure.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of figure.matchAll(/url\(#([^)]+)\)/g)) expect(ids).toContain(id);
  });
});
