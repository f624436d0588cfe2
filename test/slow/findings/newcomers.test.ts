/** Finding 3: ten peers come to forty that trade among themselves, without a seed. */
import { expect, it } from 'vitest';
import { loadBench } from '../../unit/bench/load.js';
import { findingOf, measured } from './run.js';

const { TWO_ROUNDS } = await loadBench('swarm/findings/newcomers.mjs');
const finding = findingOf('newcomers');
const { with: fed, without: starved } = finding.conclude(measured(finding, { seeds: 4 }));

it('starve without optimistic unchokes: not one of 40 starts within 70 s, more than two rounds', () => {
  expect(starved.starts).toHaveLength(40);
  expect(starved.first).toBeGreaterThan(70);
});

it('start within two optimistic rounds with them, all 40', () => {
  expect(fed.starts).toHaveLength(40);
  expect(fed.last).toBeLessThanOrEqual(TWO_ROUNDS);
});

it('lose less than it seems: they are complete 30 % later at most', () => {
  expect(starved.newcomers).toBeGreaterThan(fed.newcomers);
  expect(starved.newcomers).toBeLessThan(1.3 * fed.newcomers);
});
