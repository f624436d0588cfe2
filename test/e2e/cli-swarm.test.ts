import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CliProcess } from './cli-process.js';

const LENGTH = 2_500_000;

type Limited = { limitedBy: Record<string, number> };

let dir: string;
let file: string;
let swarm: CliProcess | undefined;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-swarm-test-'));
  file = join(dir, 'payload.bin');
  writeFileSync(
    file,
    Uint8Array.from({ length: LENGTH }, (_, i) => (i * 7) ^ (i >> 7)),
  );
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
afterEach(async () => {
  swarm?.kill('SIGKILL');
  await swarm?.ended;
});

describe('swarm', () => {
  it('shares a file between processes and reports times, hashes, bounds and ratios', async () => {
    swarm = new CliProcess(['swarm', file, '--leechers', '2', '--seed-up', '5MB/s', '--up', '5MB/s']);
    expect(await swarm.ended).toBe(0);
    const last = swarm.events.at(-1)!;
    const peer = {
      seconds: expect.any(Number),
      rate: expect.any(Number),
      ok: true,
      limitedBy: expect.any(Object),
    };
    expect(last).toEqual({
      event: 'swarm',
      peers: [
        { id: 'peer1', ...peer },
        { id: 'peer2', ...peer },
      ],
      seed: { limitedBy: expect.any(Object), copies: expect.any(Number) },
      median: expect.any(Number),
      last: expect.any(Number),
      // N F / u_s; max(F / u_s, N F / 3 u); (M + 1) P / u of 9 whole pieces, a shorter one beside them
      bound: { clientServer: 1, peerToPeer: 0.5, discrete: 0.524 },
      ratio: { median: expect.any(Number), last: expect.any(Number) },
    });
    const { seed, peers } = last as unknown as { seed: Limited; peers: Limited[] };
    for (const { limitedBy } of [seed, ...peers])
      expect(Object.values(limitedBy).reduce((sum, share) => sum + share)).toBeCloseTo(1, 6);
    expect(seed.limitedBy.localCap).toBeGreaterThan(0);
    const { ratio, median } = last as unknown as { ratio: { median: number }; median: number };
    expect(ratio.median).toBeCloseTo(median / 0.5, 1);
    // Faster than the bound would mean that the clock or the limits are wrong; they are exact to 5 % over 10 s.
    expect(ratio.median).toBeGreaterThan(0.8);
  });

  it('says goodbye, ends its processes and removes its folder when it is interrupted', async () => {
    const temporary = mkdtempSync(join(dir, 'tmp-'));
    const slow = ['--leechers', '2', '--piece-length', '16KiB', '--seed-up', '100KB/s'];
    swarm = new CliProcess(['swarm', file, ...slow], { TMPDIR: temporary, TMP: temporary });
    await swarm.event('progress', ({ id, done }) => id !== 'seed' && Number(done) > 0);
    expect(readdirSync(temporary)).toHaveLength(1);
    const interruptedMs = performance.now();
    swarm.kill('SIGINT');
    expect(await swarm.ended).toBe(130);
    expect(performance.now() - interruptedMs).toBeLessThan(5000);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('fails when the file is missing', async () => {
    swarm = new CliProcess(['swarm', join(dir, 'missing')]);
    expect(await swarm.ended).toBe(1);
    expect(swarm.events).toEqual([
      { event: 'error', code: 'ENOENT', message: expect.stringContaining('missing') },
    ]);
  });

  it('reports peers that did not finish in time', async () => {
    const kept = join(dir, 'kept');
    swarm = new CliProcess([
      'swarm',
      file,
      '--leechers',
      '1',
      '--seed-up',
      '10KB/s',
      '--timeout', // four minutes would do; the start of three processes counts
      '8s',
      '--dir',
      kept,
    ]);
    expect(await swarm.ended).toBe(1);
    expect(swarm.events.at(-1)).toMatchObject({
      event: 'swarm',
      peers: [{ id: 'peer1', seconds: null, ok: false, limitedBy: expect.any(Object) }],
    });
    expect(swarm.events.find(({ event }) => event === 'error')).toMatchObject({
      code: 'ETIMEDOUT',
      id: 'peer1',
    });
    expect(readdirSync(kept)).toEqual(expect.arrayContaining(['peer1', 'swarm.torrent']));
  });
});
