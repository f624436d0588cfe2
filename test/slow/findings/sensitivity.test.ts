/** Finding 5, the ends of its ranges; the whole table: test/slow/findings.test.ts. */
import { expect, it } from 'vitest';
import { findingOf, measured } from './run.js';

const finding = findingOf('sensitivity');

function lastOf(setting: string): number {
  const name = `equal, ${setting}`;
  return measured(finding, { seeds: 1, names: [name] })[name][0].last;
}

it('pieces of 4 MiB cost a third of the bound, and more than any other number does', () => {
  expect(lastOf(`pieceLength ${4 * 2 ** 20}`)).toBeGreaterThan(1.33);
});

it.each([
  'lecture',
  'slots 2',
  'slots 10',
  'reviewMs 5000',
  'reviewMs 30000',
  'neighbours 10',
  'neighbours 80',
])('%s: less than 10 % above it', setting => {
  const last = lastOf(setting);
  expect(last).toBeGreaterThan(1);
  expect(last).toBeLessThan(1.1);
});
