import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMillraceError } from '../../src/engine/errors.js';
import {
  clientServerSeconds,
  type DiscreteSwarm,
  discreteSeconds,
  peerToPeerSeconds,
} from '../../src/sim/bounds.js';
import { bestScheduleSeconds } from '../lib/best-schedule.js';

const box = { numRuns: 1000, interruptAfterTimeLimit: 3000 };
/** Of the rounding of a few operations. */
const EPSILON = 1e-12;

const rate = fc.double({ min: 1, max: 1e12, noNaN: true });
const up = fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 9, arbitrary: rate });
const down = fc.oneof(rate, fc.constant(Number.POSITIVE_INFINITY));

function swarms(ups: fc.Arbitrary<DiscreteSwarm['upBytesPerSecond']>): fc.Arbitrary<DiscreteSwarm> {
  return fc.record({
    fileBytes: fc.integer({ min: 1_000_000, max: 2 ** 49 }),
    pieces: fc.integer({ min: 1, max: 1_000_000 }),
    peers: fc.integer({ min: 1, max: 2 ** 40 }),
    seedUpBytesPerSecond: rate,
    upBytesPerSecond: ups,
    downBytesPerSecond: fc.oneof(down, fc.array(down, { minLength: 1, maxLength: 5 })),
  });
}

const equal = swarms(up);
const any = swarms(fc.oneof(up, fc.array(up, { minLength: 1, maxLength: 5 })));
const BOUNDS = [clientServerSeconds, peerToPeerSeconds, discreteSeconds];

function all(swarm: DiscreteSwarm): number[] {
  return BOUNDS.map(bound => bound(swarm));
}

function scaled(rates: DiscreteSwarm['upBytesPerSecond'] | undefined, factor: number) {
  return typeof rates === 'object' ? rates.map(one => one * factor) : (rates ?? 1 / 0) * factor;
}

function expectSame(a: readonly number[], b: readonly number[]): void {
  a.forEach((value, i) => {
    expect(Math.abs(value - b[i])).toBeLessThanOrEqual(value * EPSILON);
  });
}

function expectAtMost(a: readonly number[], b: readonly number[]): void {
  a.forEach((value, i) => {
    expect(value).toBeLessThanOrEqual(b[i] * (1 + EPSILON));
  });
}

describe('bounds', () => {
  it('grow with the file, and with the peers when all are alike', () => {
    fc.assert(
      fc.property(equal, fc.integer({ min: 1, max: 2 ** 20 }), (swarm, more) => {
        expectAtMost(all(swarm), all({ ...swarm, peers: swarm.peers + more }));
        expectAtMost(all(swarm), all({ ...swarm, fileBytes: swarm.fileBytes + more }));
      }),
      box,
    );
  });

  it('shrink with every rate, and with smaller pieces', () => {
    fc.assert(
      fc.property(any, fc.double({ min: 1, max: 10, noNaN: true }), (swarm, factor) => {
        const { upBytesPerSecond, downBytesPerSecond, seedUpBytesPerSecond, pieces } = swarm;
        const faster: Partial<DiscreteSwarm>[] = [
          { upBytesPerSecond: scaled(upBytesPerSecond, factor) },
          { downBytesPerSecond: scaled(downBytesPerSecond, factor) },
          { seedUpBytesPerSecond: seedUpBytesPerSecond * factor },
          { pieces: Math.min(1_000_000, Math.ceil(pieces * factor)) },
        ];
        for (const change of faster) expectAtMost(all({ ...swarm, ...change }), all(swarm));
      }),
      box,
    );
  });

  it('stay when file and rates grow alike, and follow the unit of time', () => {
    fc.assert(
      fc.property(any, fc.integer({ min: 2, max: 8 }), (swarm, factor) => {
        const faster = {
          ...swarm,
          seedUpBytesPerSecond: swarm.seedUpBytesPerSecond * factor,
          upBytesPerSecond: scaled(swarm.upBytesPerSecond, factor),
          downBytesPerSecond: scaled(swarm.downBytesPerSecond, factor),
        };
        expectSame(all(swarm), all({ ...faster, fileBytes: swarm.fileBytes * factor }));
        expectSame(
          all(swarm),
          all(faster).map(seconds => seconds * factor),
        );
      }),
      box,
    );
  });

  it('are in order: a server alone is never sooner than a swarm, nor pieces than a fluid', () => {
    fc.assert(
      fc.property(any, swarm => {
        const [clientServer, peerToPeer, discrete] = all(swarm);
        expect(clientServer).toBeGreaterThanOrEqual(peerToPeer);
        expect(discrete).toBeGreaterThanOrEqual(peerToPeer);
      }),
      box,
    );
  });

  it('are of one rate what they are of as many equal ones', () => {
    const lists = fc.tuple(swarms(fc.constant(0)), up, down, fc.integer({ min: 1, max: 40 }));
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 40 }), ([swarm, u, d, length], peers) => {
        const one = { ...swarm, peers, upBytesPerSecond: u, downBytesPerSecond: d };
        const list = {
          upBytesPerSecond: Array<number>(length).fill(u),
          downBytesPerSecond: Array(length).fill(d),
        };
        expectSame(all(one), all({ ...one, ...list }));
      }),
      box,
    );
  });

  it('are of a list what they are of the rates of each peer', () => {
    const list = fc.array(up, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(any, list, fc.integer({ min: 1, max: 40 }), (swarm, short, peers) => {
        const each = Array.from({ length: peers }, (_, i) => short[i % short.length]);
        const at = (upBytesPerSecond: readonly number[]) => all({ ...swarm, peers, upBytesPerSecond });
        expectSame(at(short), at(each));
      }),
      box,
    );
  });

  it('are finite numbers above 0, or refused', () => {
    const number = fc.double();
    const swarm = fc.record({
      fileBytes: fc.oneof(number, fc.maxSafeInteger(), fc.constant(Number.MAX_SAFE_INTEGER)),
      pieces: fc.oneof(number, fc.integer()),
      peers: fc.oneof(number, fc.maxSafeInteger()),
      seedUpBytesPerSecond: number,
      upBytesPerSecond: fc.oneof(number, fc.array(number, { maxLength: 3 })),
      downBytesPerSecond: fc.oneof(number, fc.array(number, { maxLength: 3 })),
    });
    fc.assert(
      fc.property(swarm, swarm => {
        for (const bound of BOUNDS) {
          let seconds = 1;
          try {
            seconds = bound(swarm);
          } catch (error) {
            if (!isMillraceError(error, 'ERR_OPTION')) throw error;
          }
          expect(seconds).toBeGreaterThan(0);
          expect(seconds).toBeLessThan(Number.POSITIVE_INFINITY);
        }
      }),
      { ...box, numRuns: 5000 },
    );
  });
});

describe('discrete bound', () => {
  /** Seconds by the bound; a piece is 2^20 bytes. */
  function bound(pieces: number, seedUp: number, ups: readonly number[], downs: readonly number[]): number {
    const piece = 2 ** 20;
    return discreteSeconds({
      fileBytes: pieces * piece,
      pieces,
      peers: ups.length,
      seedUpBytesPerSecond: seedUp * piece,
      upBytesPerSecond: ups.map(one => one * piece),
      downBytesPerSecond: downs.map(one => one * piece),
    });
  }

  it('is what the best of all schedules takes when all rates are equal', () => {
    for (const [peers, pieces] of [
      [1, 1],
      [1, 4],
      [2, 1],
      [2, 2],
      [2, 3],
      [3, 1],
      [3, 2],
      [4, 1],
      [5, 1],
    ]) {
      const ups = Array<number>(peers).fill(1);
      const downs = Array<number>(peers).fill(Number.POSITIVE_INFINITY);
      const rounds = pieces + Math.floor(Math.log2(peers));
      expect(bestScheduleSeconds({ pieces, seedUp: 1, ups, downs })).toBe(rounds);
      expect(bound(pieces, 1, ups, downs)).toBe(rounds);
    }
  });

  it('never exceeds the best of all schedules', () => {
    const few = fc.integer({ min: 1, max: 6 });
    const peers = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 6 }), fc.oneof(few, fc.constant(Number.POSITIVE_INFINITY))),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(peers, few, few, (peers, seedUp, most) => {
        const pieces = Math.max(1, Math.min(most, Math.floor(6 / peers.length)));
        const [ups, downs] = [peers.map(([up]) => up), peers.map(([, down]) => down)];
        const best = bestScheduleSeconds({ pieces, seedUp, ups, downs });
        expect(bound(pieces, seedUp, ups, downs)).toBeLessThanOrEqual(best * (1 + EPSILON));
      }),
      { numRuns: 300, interruptAfterTimeLimit: 5000 },
    );
  });
});
