import { describe, expect, it } from 'vitest';
import { RateMeter } from '../../../../src/engine/policy/rate-meter.js';

describe('RateMeter', () => {
  it('is 0 before the first byte', () => {
    expect(new RateMeter().rate(1e9)).toBe(0);
  });

  it('tells a steady rate at any age of the clock', () => {
    for (const startMs of [0, 12_345.6, 1.7e12]) {
      const meter = new RateMeter(10_000);
      for (let i = 0; i < 3000; i++) meter.add(1000, startMs + i * 10);
      expect(meter.rate(startMs + 30_000)).toBeGreaterThan(99_000);
      expect(meter.rate(startMs + 30_000)).toBeLessThan(101_000);
      expect(meter.total).toBe(3_000_000);
    }
  });

  it('divides by its age while it is young, but never by less than a bucket', () => {
    const meter = new RateMeter(20_000);
    meter.add(16_384, 5000);
    expect(meter.rate(5000)).toBe(16_384);
    expect(meter.rate(7000)).toBe(8192);
    meter.add(16_384, 7000);
    expect(meter.rate(9000)).toBe(8192);
  });

  it('forgets what is older than the window, in steps of a twentieth', () => {
    const meter = new RateMeter(20_000);
    meter.add(1_000_000, 500);
    expect(meter.rate(19_999)).toBeGreaterThan(50_000);
    expect(meter.rate(20_000)).toBe(0);
    expect(meter.total).toBe(1_000_000);
  });

  it('is that of the window when the rate changes', () => {
    const meter = new RateMeter(10_000);
    for (let ms = 0; ms < 60_000; ms += 100) meter.add(ms < 30_000 ? 100 : 1000, ms);
    expect(meter.rate(60_000)).toBeCloseTo(10_000, -3);
    expect(meter.rate(600_000)).toBe(0);
  });

  it('takes time that runs backwards as time that stands still', () => {
    const meter = new RateMeter(20_000);
    meter.add(100, 50_000);
    meter.add(100, 10_000);
    expect(meter.rate(0)).toBe(200);
    expect(meter.rate(51_000)).toBe(200);
  });

  it('refuses a window of no length', () => {
    expect(() => new RateMeter(0)).toThrow(RangeError);
    expect(() => new RateMeter(Number.NaN)).toThrow(RangeError);
  });
});
