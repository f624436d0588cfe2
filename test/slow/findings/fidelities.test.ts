/** The findings with every message on the wire; free riders, who take long to simulate: test/slow/findings.test.ts. */
import { expect, it } from 'vitest';
import { type Case, findingOf, measured } from './run.js';

const finding = findingOf('fidelities');
const names = finding.cases.map(({ name }: Case) => name).filter(name => !name.startsWith('riders'));
const {
  equal,
  rarest,
  random,
  sequential,
  with: fed,
  without: starved,
} = finding.conclude(measured(finding, { seeds: 1, names }));

it('equal peers are complete within 4 % of the time that flows of pieces take', () => {
  expect(equal.block / equal.piece).toBeGreaterThan(0.96);
  expect(equal.block / equal.piece).toBeLessThan(1.04);
});

it('rarest first is faster than random picking by 5 %, and than sequential three times', () => {
  expect(random.block).toBeGreaterThan(1.05 * rarest.block);
  expect(sequential.block).toBeGreaterThan(3 * rarest.block);
});

it('newcomers wait twice as long without optimistic unchokes', () => {
  expect(starved.block).toBeGreaterThan(2 * fed.block);
});
