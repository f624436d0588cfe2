import { expect, it } from 'vitest';
import * as format from '../../../../../src/daemon/page/client/format.js';

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [9_994, '9.99 kB'],
  [9_996, '10.0 kB'],
  [99_960, '100 kB'],
  [999_600, '1.00 MB'],
  [1.27e12, '1.27 TB'],
  [5e18, '5000 PB'],
])('bytes(%d) is %s', (count, text) => {
  expect(format.bytes(count)).toBe(text);
});

it.each([
  [0, '0.0%'],
  [0.999, '99.9%'],
  [0.99999, '99.9%'],
  [1, '100%'],
  [0.29, '29.0%'],
])('percent(%d) is %s', (share, text) => {
  expect(format.percent(share)).toBe(text);
});

it.each([
  [undefined, '–'],
  [null, '–'],
  [0, '0 s'],
  [59, '59 s'],
  [61, '1 min'],
  [3_600, '1 h'],
  [13_800, '3 h 50 min'],
  [90_000, '1 d 1 h'],
  [1e9, '> 1 y'],
])('duration(%s) is %s', (seconds, text) => {
  expect(format.duration(seconds)).toBe(text);
});

it('ratio and copies have three digits, and know Infinity by null', () => {
  expect([0, 9.87, 41.02, 123.4].map(format.ratio)).toEqual(['0.00', '9.87', '41.0', '123']);
  expect([0.8, 9.9, 42.1].map(format.copies)).toEqual(['0.8', '9.9', '42']);
  expect([format.ratio(null), format.copies(null)]).toEqual(['∞', '∞']);
});

it('rate says nothing of nothing', () => {
  expect([0, 0.4, 1, 2_500_000].map(format.rate)).toEqual(['', '', '1 B/s', '2.50 MB/s']);
});
