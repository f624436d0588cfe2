import { expect, it } from 'vitest';
import { Liars } from '../../../src/sim/piece/liars.js';

/** Of four peers, 2 and 3 lie. */
const liars = () => new Liars(Uint8Array.of(0, 0, 1, 1), 8);

it('a bad piece from one peer alone convicts it', () => {
  const court = liars();
  expect(court.judge(0, 5, [2], false)).toEqual([2]);
  expect([court.apart(0, 2), court.apart(2, 0), court.apart(1, 2)]).toEqual([true, true, false]);
  expect(court.suspects(0, 5)).toBe(false);
});

it('those who brought a bad piece together are suspects until it is good, and the liars among them known then', () => {
  const court = liars();
  expect(court.judge(0, 5, [1, 2], false)).toEqual([]);
  expect([court.suspects(0, 5), court.suspects(0, 6), court.suspects(1, 5)]).toEqual([true, false, false]);
  expect(court.judge(0, 5, [1], true)).toEqual([2]);
  expect([court.apart(0, 2), court.apart(0, 1), court.suspects(0, 5)]).toEqual([true, false, false]);
});

it('a liar under another address is unknown again', () => {
  const court = liars();
  court.judge(0, 5, [2], false);
  court.judge(0, 6, [3], false);
  court.forget(2);
  expect([court.apart(0, 2), court.apart(0, 3)]).toEqual([false, true]);
});
