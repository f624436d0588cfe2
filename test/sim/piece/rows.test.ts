import { expect, it } from 'vitest';
import { Rows } from '../../../src/sim/piece/rows.js';

it('rows do not share places, and keep what they have while the table grows', () => {
  const rows = new Rows(3);
  const taken = Array.from({ length: 200 }, () => rows.take());
  for (const row of taken) {
    rows.real[3 * row] = row + 0.5;
    rows.whole[6 * row + 5] = -row;
  }
  const more = Array.from({ length: 500 }, () => rows.take());
  expect(new Set([...taken, ...more]).size).toBe(700);
  expect(taken.every(row => rows.real[3 * row] === row + 0.5 && rows.whole[6 * row + 5] === -row)).toBe(true);
});

it('a row that is free is taken again, the last one first', () => {
  const rows = new Rows(1);
  const [first, second] = [rows.take(), rows.take()];
  rows.free(first);
  rows.free(second);
  expect([rows.take(), rows.take()]).toEqual([second, first]);
});
