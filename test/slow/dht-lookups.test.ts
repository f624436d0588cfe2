import { describe, expect, it } from 'vitest';
import { hopBound, type LookupReport, tryLookups } from '../../src/sim/dht/lookup-trials.js';

const NODES = 10_000;

/** The bound for each lookup, not for their mean. */
function expectFound(report: LookupReport, foundShare: number, completeShare: number): void {
  const { trials, ...figures } = report;
  console.log(JSON.stringify(figures));
  expect(report.lost).toBe(0);
  expect(report.mostHops).toBeLessThanOrEqual(hopBound(NODES));
  expect(report.foundShare).toBeGreaterThanOrEqual(foundShare);
  expect(report.completeShare).toBeGreaterThanOrEqual(completeShare);
}

/** Two hundred lookups from anywhere for anything; who has left did so all at once, and nobody has noticed yet. */
describe('lookups in a network of 10,000 nodes', () => {
  const run = (shares: { deadShare?: number; hostileShare?: number }) =>
    tryLookups({ nodes: NODES, lookups: 200, seed: 1, ...shares });

  it('find the 8 closest', () => {
    expectFound(run({}), 1, 1);
  });

  it('find them when 30 % have left', () => {
    expectFound(run({ deadShare: 0.3 }), 0.99, 0.95);
  });

  it('find them when 20 % are hostile', () => {
    expectFound(run({ hostileShare: 0.2 }), 0.99, 0.97);
  });

  it('find them when both is so', () => {
    expectFound(run({ deadShare: 0.3, hostileShare: 0.2 }), 0.98, 0.92);
  });
});
