import { describe, expect, it } from 'vitest';
import { Backoff } from '../../../../src/engine/policy/backoff.js';
import { createRng, type Rng } from '../../../../src/engine/policy/rng.js';

const luck = (fraction: number): Rng => ({ u32: () => 0, below: () => 0, fraction: () => fraction });

describe('Backoff', () => {
  it('doubles up to the longest wait and starts over after reset', () => {
    const backoff = new Backoff({ firstMs: 1000, maxMs: 6000, jitter: 0 }, luck(0));
    expect([1, 2, 3, 4, 5].map(() => backoff.next())).toEqual([1000, 2000, 4000, 6000, 6000]);
    backoff.reset();
    expect(backoff.next()).toBe(1000);
  });

  it('takes jitter off, never adds it', () => {
    const backoff = new Backoff({ firstMs: 1000, maxMs: 1000, factor: 3, jitter: 0.5 }, createRng(7));
    const waits = Array.from({ length: 200 }, () => backoff.next());
    expect(Math.max(...waits)).toBeLessThanOrEqual(1000);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(500);
    expect(new Set(waits).size).toBeGreaterThan(100);
  });

  it('is the same for the same seed', () => {
    const waits = (seed: number) => {
      const backoff = new Backoff({ firstMs: 10, maxMs: 1e6 }, createRng(seed));
      return Array.from({ length: 20 }, () => backoff.next());
    };
    expect(waits(1)).toEqual(waits(1));
    expect(waits(1)).not.toEqual(waits(2));
  });

  it('stays finite for ever', () => {
    const backoff = new Backoff({ firstMs: 1, maxMs: 1e9, factor: 1e300, jitter: 0 }, luck(0));
    for (let i = 0; i < 100; i++) backoff.next();
    expect(backoff.next()).toBe(1e9);
  });

  it('refuses options that make no sense', () => {
    const options = [
      { firstMs: 0, maxMs: 1 },
      { firstMs: 2, maxMs: 1 },
      { firstMs: 1, maxMs: 1, factor: 0.5 },
      { firstMs: 1, maxMs: 1, jitter: 2 },
    ];
    for (const option of options) expect(() => new Backoff(option, luck(0))).toThrow(RangeError);
  });
});
