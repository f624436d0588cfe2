import { describe, expect, it } from 'vitest';
import type { GrownNetworkOptions } from '../../../src/sim/dht/grown-network.js';
import { HOSTILE_KINDS } from '../../../src/sim/dht/hostile-node.js';
import { hopBound, tryLookups } from '../../../src/sim/dht/lookup-trials.js';

const run = (options: Partial<GrownNetworkOptions> = {}) =>
  tryLookups({ nodes: 500, lookups: 25, seed: 6, ...options });

/** Everybody knows as many as his table holds; who has left did so just now, all at once. */
describe('lookups in a grown network of 500 nodes', () => {
  it('find the 8 closest', () => {
    const report = run();
    expect(report).toMatchObject({ lost: 0, foundShare: 1, completeShare: 1 });
    expect(report.mostHops).toBeLessThanOrEqual(hopBound(500));
    expect(report.meanQueries).toBeLessThan(25);
    expect(report.trials.every(({ due }) => due === 8)).toBe(true);
  });

  it('find them when one packet of twenty is lost', () => {
    const report = run({ loss: 0.05 });
    expect(report.lost).toBe(0);
    expect(report.foundShare).toBeGreaterThan(0.98);
    expect(report.mostHops).toBeLessThanOrEqual(hopBound(500));
  });

  it('find them when 30 % have left', () => {
    const report = run({ deadShare: 0.3 });
    expect(report.lost).toBe(0);
    expect(report.foundShare).toBeGreaterThan(0.98);
    expect(report.completeShare).toBeGreaterThan(0.9);
    expect(report.mostHops).toBeLessThanOrEqual(hopBound(500));
  });

  it.each(HOSTILE_KINDS)('find them when 20 % are hostile: %s', kind => {
    const report = run({ hostileShare: 0.2, kinds: [kind] });
    expect(report.lost).toBe(0);
    expect(report.foundShare).toBeGreaterThan(0.98);
    expect(report.mostHops).toBeLessThanOrEqual(hopBound(500));
    expect(report.meanQueries).toBeLessThan(60);
  });

  it('find them when 30 % have left and 20 % are hostile in all ways', () => {
    const report = run({ deadShare: 0.3, hostileShare: 0.2 });
    expect(report.lost).toBe(0);
    expect(report.foundShare).toBeGreaterThan(0.97);
    expect(report.mostHops).toBeLessThanOrEqual(hopBound(500));
  });

  it('are the same with the same seed, and others with another', () => {
    const trials = (seed: number) =>
      JSON.stringify(run({ seed, lookups: 5, deadShare: 0.3, hostileShare: 0.2 }));
    expect(trials(6)).toBe(trials(6));
    expect(trials(7)).not.toBe(trials(6));
  });
});

it('bounds hops by log2(N) + 4', () => {
  expect([100, 1000, 1024, 10_000].map(hopBound)).toEqual([10, 13, 14, 17]);
});
