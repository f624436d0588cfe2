import fc from 'fast-check';
import { expect, it } from 'vitest';
import { waterLevel } from '../../../src/sim/piece/water-level.js';

const level = (limits: readonly number[], capacity: number) =>
  waterLevel(Float64Array.from(limits), limits.length, capacity);

it('those with a low limit get it, the others share the rest', () => {
  expect(level([10, 100, 100, 100], 100)).toBe(30);
  expect(level([1, 2, 100], 12)).toBe(9);
  expect(level([50, 50], 60)).toBe(30);
  expect(level([20, 100, 100], 90)).toBe(35);
});

it('looks at the first limits alone', () => {
  expect(waterLevel(Float64Array.of(10, 100, 100, 1, 1), 3, 90)).toBe(40);
});

it('is above every limit when all together are less than the capacity', () => {
  expect(level([1, 2, 3], 60)).toBeGreaterThan(3);
});

it('ends, and fills the capacity, for any limits', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 50 }),
      fc.double({ min: 1e-3, max: 1e7, noNaN: true }),
      (limits, capacity) => {
        const at = level(limits, capacity);
        const used = limits.reduce((sum, limit) => sum + Math.min(limit, at), 0);
        const wanted = limits.reduce((sum, limit) => sum + limit, 0);
        expect(used / Math.min(capacity, wanted) || 1).toBeCloseTo(1, 9);
      },
    ),
  );
});
