import { describe, expect, it } from 'vitest';
import { LimitChain, TokenBucket } from '../../../../src/engine/policy/rate-limit.js';

type Limit = Pick<LimitChain, 'available' | 'take' | 'delayMs'>;

/** Virtual time: passes what may pass, in parts or in whole units, and sleeps as long as it is told. */
function pass(limit: Limit, fromMs: number, untilMs: number, unit: number, parts: boolean): number {
  let nowMs = fromMs;
  let passed = 0;
  while (nowMs < untilMs) {
    const delayMs = limit.delayMs(unit, nowMs);
    if (parts) {
      const bytes = Math.min(unit, limit.available(nowMs));
      limit.take(bytes, nowMs);
      passed += bytes;
      if (bytes === unit) continue;
    } else if (delayMs === 0) {
      limit.take(unit, nowMs);
      passed += unit;
      continue;
    }
    nowMs += Math.max(1, Math.ceil(delayMs)); // timers know whole milliseconds
  }
  return passed;
}

describe('TokenBucket', () => {
  for (const rate of [10e3, 100e3, 1e6, 10e6, 100e6, 1e9]) {
    it(`holds ${rate / 1e3} KB/s to 5 % over 10 s, the first seconds too`, () => {
      for (const startMs of [0, 1.7e12]) {
        const bucket = new TokenBucket(rate);
        const seconds = 10;
        for (const part of [0, 1, 2]) {
          const fromMs = startMs + part * seconds * 1000;
          const passed = pass(bucket, fromMs, fromMs + seconds * 1000, 16_384, true);
          expect(passed / (rate * seconds)).toBeGreaterThan(0.95);
          expect(passed / (rate * seconds)).toBeLessThan(1.05);
        }
      }
    });
  }

  it('holds the rate for whole blocks too, where 10 s are many of them', () => {
    for (const rate of [100e3, 1e6, 100e6]) {
      const passed = pass(new TokenBucket(rate), 0, 10_000, 16_384 + 13, false);
      expect(passed / (rate * 10)).toBeGreaterThan(0.95);
      expect(passed / (rate * 10)).toBeLessThan(1.05);
    }
  });

  it('saves no more than a quarter of a second', () => {
    const bucket = new TokenBucket(1000);
    bucket.take(0, 0);
    expect(bucket.available(3_600_000)).toBe(250);
    const small = new TokenBucket(1000, 10);
    small.take(0, 0);
    expect(small.available(3_600_000)).toBe(10);
  });

  it('starts empty at whatever time it is first asked', () => {
    expect(new TokenBucket(1000).available(0)).toBe(0);
    expect(new TokenBucket(1000).available(1.7e12)).toBe(0);
    expect(new TokenBucket(1000).delayMs(100, 1.7e12)).toBe(100);
  });

  it('goes into debt and waits it off', () => {
    const bucket = new TokenBucket(1000);
    bucket.take(5000, 0);
    expect(bucket.delayMs(1, 0)).toBe(5001);
    expect(bucket.available(4900)).toBe(0);
    expect(bucket.delayMs(1, 5000)).toBe(1);
    expect(bucket.delayMs(1, 5001)).toBe(0);
  });

  it('lets more than the burst pass when it is full', () => {
    const bucket = new TokenBucket(1000);
    expect(bucket.delayMs(1_000_000, 0)).toBe(250);
    expect(bucket.delayMs(1_000_000, 250)).toBe(0);
  });

  it('has no limit at 0 and Infinity', () => {
    for (const rate of [0, Number.POSITIVE_INFINITY]) {
      const bucket = new TokenBucket(rate);
      bucket.take(1e12, 0);
      expect(bucket.available(0)).toBe(Number.POSITIVE_INFINITY);
      expect(bucket.delayMs(1e12, 0)).toBe(0);
      expect(bucket.rate).toBe(Number.POSITIVE_INFINITY);
    }
  });

  it('changes its rate from now on', () => {
    const bucket = new TokenBucket(0);
    bucket.take(1e9, 5000);
    bucket.setRate(1000, 10_000);
    expect(bucket.available(10_000)).toBe(0);
    expect(bucket.available(10_100)).toBe(100);
    bucket.take(1100, 10_100);
    bucket.setRate(10_000, 10_100);
    expect(bucket.delayMs(0, 10_100)).toBe(100);
    bucket.setRate(0, 10_100);
    expect(bucket.delayMs(1e9, 10_100)).toBe(0);
  });

  it('stands still when time runs backwards', () => {
    const bucket = new TokenBucket(1000);
    bucket.take(0, 1000);
    expect(bucket.available(500)).toBe(0);
    expect(bucket.available(1100)).toBe(100);
  });

  it('refuses a rate that is none', () => {
    expect(() => new TokenBucket(-1)).toThrow(RangeError);
    expect(() => new TokenBucket(Number.NaN)).toThrow(RangeError);
  });
});

describe('LimitChain', () => {
  it('is as slow as the slowest, and all of them count', () => {
    const session = new TokenBucket(1e6);
    const torrent = new TokenBucket(100e3);
    const peer = new TokenBucket(0);
    const chain = new LimitChain([session, torrent, peer]);
    const passed = pass(chain, 0, 10_000, 16_384, true);
    expect(passed).toBeGreaterThan(950e3);
    expect(passed).toBeLessThan(1050e3);
    chain.take(1e6, 10_000);
    expect(session.available(10_000)).toBe(0);
    expect(chain.delayMs(1, 10_000)).toBe(torrent.delayMs(1, 10_000));
  });

  it('shares a session limit among torrents', () => {
    const session = new TokenBucket(1e6);
    const chains = [0, 0].map(rate => new LimitChain([session, new TokenBucket(rate)]));
    const sums = [0, 0];
    for (let nowMs = 0; nowMs < 10_000; nowMs++) {
      chains.forEach((chain, i) => {
        const bytes = Math.min(600, chain.available(nowMs));
        chain.take(bytes, nowMs);
        sums[i] += bytes;
      });
    }
    expect(sums[0] + sums[1]).toBeGreaterThan(9.5e6);
    expect(sums[0] + sums[1]).toBeLessThan(10.5e6);
  });

  it('has no limit without buckets', () => {
    expect(new LimitChain([]).available(0)).toBe(Number.POSITIVE_INFINITY);
    expect(new LimitChain([]).delayMs(1, 0)).toBe(0);
  });
});
