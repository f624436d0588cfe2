import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listWindow, scrollTo } from '../../../../../src/daemon/page/client/list-window.js';

describe('listWindow', () => {
  it('is what can be seen and a margin', () => {
    expect(listWindow(0, 400, 40, 10_000)).toEqual({ from: 0, to: 18 });
    expect(listWindow(4000, 400, 40, 10_000)).toEqual({ from: 92, to: 118 });
    expect(listWindow(0, 400, 40, 3)).toEqual({ from: 0, to: 3 });
    expect(listWindow(0, 400, 40, 0)).toEqual({ from: 0, to: 0 });
  });

  it('covers every row in sight, is in the list, and is bounded by the height', () => {
    const numbers = [fc.nat(500_000), fc.integer({ min: 1, max: 3000 }), fc.nat(10_000)] as const;
    fc.assert(
      fc.property(...numbers, (top, height, total) => {
        const { from, to } = listWindow(top, height, 44, total);
        expect(from).toBeGreaterThanOrEqual(0);
        expect(to).toBeLessThanOrEqual(total);
        expect(to - from).toBeLessThanOrEqual(Math.ceil(height / 44) + 17);
        for (let row = 0; row < total; row++) {
          const isSeen = (row + 1) * 44 > top && row * 44 < top + height;
          if (isSeen && (row < from || row >= to)) throw new Error(`row ${row} is in sight`);
        }
      }),
      { numRuns: 200 },
    );
  });
});

it('scrollTo moves no further than it must', () => {
  expect(scrollTo(5, 0, 400, 40)).toBe(0);
  expect(scrollTo(10, 0, 400, 40)).toBe(40);
  expect(scrollTo(2, 400, 400, 40)).toBe(80);
});
