import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExtentAllocator } from '../../../../src/engine/kernels/extents.js';

describe('ExtentAllocator', () => {
  it('rounds sizes up, its start up and its end down', () => {
    const extents = new ExtentAllocator(5, 60, 16);
    expect(extents.totalBytes).toBe(48);
    expect(extents.allocate(1)).toBe(16);
    expect(extents.allocate(17)).toBe(32);
    expect(extents.usedBytes).toBe(48);
    expect(extents.allocate(1)).toBe(-1);
  });

  it('gives the lowest address that fits, and joins what is freed on both sides', () => {
    const extents = new ExtentAllocator(0, 400, 1);
    const [a, b, c, d] = [100, 100, 100, 100].map(bytes => extents.allocate(bytes));
    expect([a, b, c, d]).toEqual([0, 100, 200, 300]);
    extents.free(b);
    extents.free(d);
    expect(extents.allocate(101)).toBe(-1);
    extents.free(c);
    expect(extents.allocate(300)).toBe(100);
    extents.free(100);
    extents.free(a);
    expect(extents.allocate(400)).toBe(0);
  });

  it('counts an empty extent as one unit, so that addresses differ', () => {
    const extents = new ExtentAllocator(0, 64, 16);
    expect([extents.allocate(0), extents.allocate(0)]).toEqual([0, 16]);
  });

  it('refuses unknown addresses and sizes that are none', () => {
    const extents = new ExtentAllocator(0, 64, 16);
    const at = extents.allocate(32);
    expect(() => extents.free(at + 16)).toThrow(RangeError);
    extents.free(at);
    expect(() => extents.free(at)).toThrow(RangeError);
    for (const bytes of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => extents.allocate(bytes)).toThrow(RangeError);
      expect(() => new ExtentAllocator(0, bytes, 1)).toThrow(RangeError);
      expect(() => new ExtentAllocator(bytes, 0, 1)).toThrow(RangeError);
      expect(() => new ExtentAllocator(0, 64, bytes)).toThrow(RangeError);
    }
    expect(new ExtentAllocator(5, 3, 16).allocate(0)).toBe(-1);
  });

  it('behaves like a map of used bytes under any order of calls', () => {
    const call = fc.record({ bytes: fc.integer({ min: 1, max: 40 }), victim: fc.nat(), frees: fc.boolean() });
    const property = fc.property(fc.array(call, { maxLength: 80 }), calls => {
      const extents = new ExtentAllocator(8, 200, 8);
      const used = new Uint8Array(26).fill(1, 0, 1); // one entry a unit of 8 bytes, address 0 is outside
      const live: { at: number; units: number }[] = [];
      for (const { bytes, victim, frees } of calls) {
        if (frees && live.length > 0) {
          const [{ at, units }] = live.splice(victim % live.length, 1);
          extents.free(at);
          used.fill(0, at / 8, at / 8 + units);
        } else {
          const units = Math.ceil(bytes / 8);
          const want = new TextDecoder('latin1').decode(used).indexOf('\0'.repeat(units));
          expect(extents.allocate(bytes)).toBe(want < 0 ? -1 : 8 * want);
          if (want < 0) continue;
          used.fill(1, want, want + units);
          live.push({ at: 8 * want, units });
        }
        expect(extents.usedBytes).toBe(8 * live.reduce((sum, { units }) => sum + units, 0));
      }
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('keeps 20,000 small extents', () => {
    const extents = new ExtentAllocator(0, 4 << 20, 16);
    const live = Array.from({ length: 20_000 }, (_, i) => extents.allocate(16 + (i % 128)));
    for (let i = 0; i < live.length; i += 2) extents.free(live[i]);
    for (let i = 0; i < live.length; i += 2) live[i] = extents.allocate(16 + ((i * 7) % 128));
    expect(new Set(live).size).toBe(20_000);
    for (const at of live) extents.free(at);
    expect(extents.usedBytes).toBe(0);
    expect(extents.allocate(4 << 20)).toBe(0);
  });
});
