import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CAUSES, LimitLedger, type Measured, type Waits } from '../../../../src/engine/policy/limiting.js';

const IDLE: Measured = { busy: 0, jobs: 0, hashMs: 0, diskMs: 0 };

/** A second of this, measured at its end. @returns the shares that are not 0 */
function afterOneSecond(waits: Waits, measured: Partial<Measured> = {}) {
  const ledger = new LimitLedger();
  ledger.turn(waits, 5000);
  ledger.measure({ ...IDLE, ...measured }, 6000);
  return causes(ledger);
}

function causes(ledger: LimitLedger) {
  return Object.fromEntries(Object.entries(ledger.shares()).filter(([, share]) => share > 0));
}

describe('the ledger', () => {
  it('has nothing to say before time has passed', () => {
    const ledger = new LimitLedger();
    expect(causes(ledger)).toEqual({});
    ledger.turn({ peers: 1 }, 1000);
    ledger.measure(IDLE, 1000);
    expect(Object.keys(ledger.shares())).toEqual([...CAUSES]);
    expect(causes(ledger)).toEqual({});
  });

  it.each<[Waits, string]>([
    [{ nobody: 1 }, 'remote'],
    [{ peers: 1 }, 'remote'],
    [{ choke: 1 }, 'choke'],
    [{ window: 1 }, 'window'],
    [{ localCap: 1 }, 'localCap'],
    [{ memory: 1 }, 'memory'],
    [{ disk: 1 }, 'disk'],
  ])('books %j as %s', (waits, cause) => {
    expect(afterOneSecond(waits)).toEqual({ [cause]: 1 });
  });

  it('splits a moment into its parts', () => {
    expect(afterOneSecond({ window: 0.25, peers: 0.75 })).toEqual({ window: 0.25, remote: 0.75 });
  });

  it('adds up what follows each other, and leaves out what is not active', () => {
    const ledger = new LimitLedger();
    ledger.turn({ choke: 1 }, 0);
    ledger.turn({ peers: 1 }, 100);
    ledger.turn(undefined, 400);
    ledger.measure(IDLE, 5000);
    ledger.turn({ memory: 1 }, 9600);
    ledger.measure(IDLE, 10_000);
    expect(causes(ledger)).toEqual({
      choke: 0.125,
      remote: 0.375,
      memory: 0.5,
    });
  });

  it('counts a clock that stands still or goes back as no time', () => {
    const ledger = new LimitLedger();
    ledger.turn({ choke: 1 }, 1000);
    ledger.turn({ memory: 1 }, 400);
    ledger.turn({ window: 1 }, 1000);
    ledger.measure(IDLE, 1001);
    expect(causes(ledger)).toEqual({ window: 1 });
  });
});

describe('a busy event loop', () => {
  it.each<Waits>([{ peers: 1 }, { window: 1 }, { memory: 1 }, { disk: 1 }, { workers: 1 }])(
    'takes its share of %j',
    waits => {
      expect(afterOneSecond(waits, { busy: 0.75 })).toMatchObject({ cpu: 0.75 });
    },
  );

  it.each<Waits>([{ nobody: 1 }, { choke: 1 }, { localCap: 1 }])('has no part in %j', waits => {
    expect(afterOneSecond(waits, { busy: 0.75 })).not.toHaveProperty('cpu');
  });

  it('that runs the jobs itself waits for them, not for itself', () => {
    const measured = { busy: 0.25, jobs: 0.5, hashMs: 375, diskMs: 125 };
    expect(afterOneSecond({ peers: 1 }, measured)).toEqual({
      cpu: 0.25,
      hash: 0.375,
      disk: 0.125,
      remote: 0.25,
    });
  });
});

describe('waits for workers', () => {
  it('are hash and disk by the time that each took', () => {
    expect(afterOneSecond({ workers: 1 }, { hashMs: 30, diskMs: 10 })).toEqual({ hash: 0.75, disk: 0.25 });
  });

  it('are disk as long as no job has come back', () => {
    expect(afterOneSecond({ workers: 1 })).toEqual({ disk: 1 });
  });

  it('are not judged by what workers did when nobody waited', () => {
    const ledger = new LimitLedger();
    ledger.turn({ peers: 1 }, 0);
    ledger.measure({ ...IDLE, hashMs: 1000 }, 1000);
    ledger.turn({ workers: 1 }, 1000);
    ledger.measure({ ...IDLE, diskMs: 10 }, 2000);
    expect(causes(ledger)).toEqual({ remote: 0.5, disk: 0.5 });
  });
});

const part = fc.integer({ min: 0, max: 7 }).map(n => n / 7);
const waits = fc.oneof(
  fc.constantFrom('nobody', 'choke', 'localCap', 'memory', 'workers').map(wait => ({ [wait]: 1 })),
  part.map(window => ({ window, peers: 1 - window })),
  part.map(disk => ({ disk, peers: 1 - disk })),
  fc.constant(undefined),
);
/** Far beyond what clocks and counters can say. */
const figure = fc.integer({ min: -10, max: 20 }).map(n => n / 9);
const time = fc.integer({ min: 0, max: 1e7 }).map(n => n / 11);
const step = fc.record({
  passedMs: fc.oneof(time, fc.constant(-1)),
  waits,
  measured: fc.option(fc.record({ busy: figure, jobs: figure, hashMs: time, diskMs: time })),
});

/** Goes through the steps and looks at the shares after each. */
function follow(
  steps: (typeof step extends fc.Arbitrary<infer T> ? T : never)[],
  look: (ledger: LimitLedger) => void,
) {
  const ledger = new LimitLedger();
  let nowMs = 0;
  for (const { passedMs, waits, measured } of steps) {
    nowMs += passedMs;
    if (measured !== null) ledger.measure(measured, nowMs);
    ledger.turn(waits, nowMs);
    look(ledger);
  }
}

it('shares are never negative and add up to exactly 1, in whatever order, or are all 0', () => {
  fc.assert(
    fc.property(
      fc.array(step),
      fc.shuffledSubarray([...CAUSES], { minLength: CAUSES.length }),
      (steps, order) =>
        follow(steps, ledger => {
          const shares = ledger.shares();
          for (const cause of CAUSES) expect(shares[cause]).toBeGreaterThanOrEqual(0);
          const sum = order.reduce((sum, cause) => sum + shares[cause], 0);
          expect([0, 1]).toContain(sum);
        }),
    ),
  );
});
