import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Output } from '../../../../src/cli/output.js';
import { Meter } from '../../../../src/cli/swarm/meter.js';
import { printReport, swarmEvent } from '../../../../src/cli/swarm/report.js';
import { median, type SwarmResult, summarize } from '../../../../src/cli/swarm/result.js';
import type { LimitedBy } from '../../../../src/index.js';
import { readAll } from '../../../lib/read-all.js';

type Race = Parameters<typeof summarize>[0];
type Outcome = Parameters<typeof summarize>[1];

const FILE_BYTES = 4_000_000;
const metainfo = {
  name: 'f',
  length: FILE_BYTES,
  pieceLength: 1_000_000,
  pieceCount: 4,
  files: [{ path: ['f'], length: FILE_BYTES, offset: 0, pad: false }],
};

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-result-'));
  const bytes = new Uint8Array(FILE_BYTES);
  for (const name of ['source', 'peer1', 'peer2', 'peer3', 'peer4']) {
    mkdirSync(join(dir, name));
    writeFileSync(join(dir, name, 'f'), bytes);
  }
  bytes[FILE_BYTES - 1] = 1;
  mkdirSync(join(dir, 'wrong'));
  writeFileSync(join(dir, 'wrong', 'f'), bytes);
});
afterAll(() => rmSync(dir, { recursive: true }));

function race(limits: { seedUp?: number; up?: number[]; down?: number }): Race {
  const plan = { seedUp: 0, up: [0], down: 0, ...limits };
  return { metainfo, payload: { path: '', dir: join(dir, 'source') }, plan } as unknown as Race;
}

function outcome(seconds: (number | undefined)[], folders = ['peer1', 'peer2', 'peer3', 'peer4']): Outcome {
  return {
    seed: { limitedBy: only('localCap'), uploaded: 1.25 * FILE_BYTES },
    seedMeter: meter(8e6),
    finishes: seconds.map((seconds, i) => ({
      id: `peer${i + 1}`,
      dir: join(dir, folders[i]),
      seconds,
      error: seconds === undefined ? 'gone' : undefined,
      meter: meter(2e6),
      peer: { limitedBy: only('remote') },
    })),
  };
}

function only(cause: keyof LimitedBy): LimitedBy {
  const none = { choke: 0, window: 0, remote: 0, localCap: 0, disk: 0, hash: 0, memory: 0, cpu: 0 };
  return { ...none, [cause]: 1 };
}

/** A meter that has seen this rate. */
function meter(bytesPerSecond: number): Meter {
  const meter = new Meter();
  meter.read(0, 0);
  meter.read(bytesPerSecond, 1000);
  return meter;
}

describe('summarize', () => {
  it('computes bounds and ratios from the limits', async () => {
    const result = await summarize(race({ seedUp: 1e6, up: [1e6], down: 8e6 }), outcome([4, 4.4, 4.8, 6]));
    expect(swarmEvent(result)).toEqual({
      peers: [4, 4.4, 4.8, 6].map((seconds, i) => ({
        id: `peer${i + 1}`,
        seconds,
        rate: Math.round(FILE_BYTES / seconds),
        ok: true,
        limitedBy: only('remote'),
      })),
      seed: { limitedBy: only('localCap'), copies: 1.25 },
      median: 4.6,
      last: 6,
      // N F / u = 16; max(F / u = 4, N F / 5 u = 3.2); (M + 2) F / M / u = 6
      bound: { clientServer: 16, peerToPeer: 4, discrete: 6 },
      ratio: { median: 1.15, last: 1.5 },
    });
  });

  it('takes the highest measured rates where no limit was set', async () => {
    const { capacities, bound } = await summarize(race({}), outcome([4, 4, 4, 4]));
    expect(capacities).toEqual({
      seedUp: 8e6,
      up: [2e6, 2e6, 2e6, 2e6],
      down: Number.POSITIVE_INFINITY,
      seedUpMeasured: true,
      upMeasured: true,
    });
    // the discrete bound is never below the one of a fluid
    expect(bound).toEqual({ clientServer: 2, peerToPeer: 1, discrete: 1 });
  });

  it('counts the whole pieces where the last one is shorter', async () => {
    const short = race({ seedUp: 1e6, up: [1e6] });
    const long = {
      ...short,
      metainfo: { ...metainfo, pieceLength: 1_500_000, pieceCount: 3 },
    } as unknown as Race;
    // two pieces of 1.5 s and as many rounds more; three equal pieces would take 6.7 s, more than is needed
    expect((await summarize(long, outcome([6, 6, 6, 6]))).bound.discrete).toBe(6);
    const one = {
      ...short,
      metainfo: { ...metainfo, pieceLength: 2 ** 23, pieceCount: 1 },
    } as unknown as Race;
    expect((await summarize(one, outcome([12, 12, 12, 12]))).bound.discrete).toBe(12);
  });

  it('goes round the rates where there are fewer than downloaders', async () => {
    const { capacities, bound } = await summarize(
      race({ seedUp: 2e6, up: [1e6, 2e6, 0] }),
      outcome([4, 4, 4, 4]),
    );
    expect(capacities).toMatchObject({ up: [1e6, 2e6, 2e6, 1e6], upMeasured: true });
    expect(bound.peerToPeer).toBe(2); // max(F / u_s = 2, 4 F / (2 + 1 + 2 + 2 + 1) = 2)
  });

  it('finds a byte that differs', async () => {
    const result = await summarize(race({}), outcome([1, 1], ['peer1', 'wrong']));
    expect(result.peers.map(peer => [peer.ok, peer.error])).toEqual([
      [true, undefined],
      [false, 'SHA-256 differs'],
    ]);
  });

  it('has no times to compare when a peer did not finish', async () => {
    const result = await summarize(race({}), outcome([1, undefined]));
    expect(swarmEvent(result)).toMatchObject({
      peers: [{ ok: true }, { id: 'peer2', seconds: null, rate: null, ok: false }],
      median: null,
      last: null,
      ratio: { median: null, last: null },
    });
  });

  it('does without any that finished', async () => {
    expect(swarmEvent(await summarize(race({}), outcome([undefined])))).toMatchObject({ last: null });
  });
});

describe('printReport', () => {
  const print = (result: SwarmResult) => {
    const stdout = new PassThrough();
    printReport(new Output(false, { stdout, env: {} }), result);
    return readAll(stdout);
  };

  it('says which rates were measured', async () => {
    const text = print(await summarize(race({ up: [2e6] }), outcome([2, 3])));
    expect(text).toMatch(/^peer2 +3 s +1\.3 MB\/s {2}remote 100 % +ok$/m);
    expect(text).toMatch(/^seed +- +- {2}local cap 100 % +sent 1\.25 copies$/m);
    expect(text).toMatch(/^peer-to-peer +0\.67 s {3}median 3\.75 {3}last 4\.50$/m);
    expect(text).toMatch(/^seed sends +8\.0 MB\/s, measured$/m);
    expect(text).toMatch(/^peers send +2\.0 MB\/s$/m);
  });

  it('fits a terminal of 80 columns, whatever there is to say', async () => {
    const many = {
      choke: 0.1,
      window: 0.2,
      remote: 0.15,
      localCap: 0.25,
      disk: 0.1,
      hash: 0.1,
      memory: 0.05,
      cpu: 0.05,
    };
    const result = await summarize(race({}), outcome([2, 3]));
    const text = await print({ ...result, peers: result.peers.map(peer => ({ ...peer, limitedBy: many })) });
    expect(text).toMatch(/^peer1 .* local cap 25 %, window 20 % {2,}ok$/m);
    const rows = text.split('\n').filter(line => /^(peer|seed|median)/.test(line));
    for (const row of rows) expect(row.length).toBeLessThanOrEqual(80);
  });

  it('tells what happened to a peer that failed', async () => {
    const text = print(await summarize(race({}), outcome([2, undefined])));
    expect(text).toMatch(/^peer2 +- +- {2}remote 100 % +gone$/m);
    expect(text).not.toContain('Lower bounds');
  });
});

describe('Meter', () => {
  it('keeps the peak over windows that are long enough', () => {
    const meter = new Meter(200);
    meter.read(0, 0);
    meter.read(1_000_000, 10);
    expect(meter.peak).toBe(0);
    meter.read(1_000_000, 500);
    expect(meter.peak).toBe(2_000_000);
    meter.read(1_100_000, 1500);
    expect([meter.peak, meter.bytes]).toEqual([2_000_000, 1_100_000]);
  });
});

it('median is the middle, or between the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});
