import { describe, expect, it } from 'vitest';
import { StartSpread } from '../../../../src/engine/discovery/start-spread.js';
import { createRng } from '../../../../src/engine/policy/rng.js';

describe('StartSpread', () => {
  it('lets the first few start at once, the others 40 a second', () => {
    const spread = new StartSpread(createRng(1));
    const delays = Array.from({ length: 10_000 }, () => spread.delayMs(5_000));
    expect(delays.filter(delay => delay === 0)).toHaveLength(20);
    for (let second = 1; second < 249; second++) {
      const within = delays.filter(delay => delay >= second * 1000 && delay < (second + 1) * 1000);
      expect(within.length).toBeGreaterThanOrEqual(38);
      expect(within.length).toBeLessThanOrEqual(42);
    }
    expect(Math.max(...delays)).toBeLessThan(251_000);
  });

  it('torrents that are added one by one do not wait', () => {
    const spread = new StartSpread(createRng(1));
    for (let i = 0; i < 1000; i++) expect(spread.delayMs(i * 30)).toBe(0);
  });

  it('after a crowd a pause makes room again', () => {
    const spread = new StartSpread({ fraction: () => 0 });
    for (let i = 0; i < 60; i++) spread.delayMs(0);
    expect(spread.delayMs(0)).toBe(1025);
    expect(spread.delayMs(10_000)).toBe(0);
  });
});
