/** Finding 2, a seed that leaves after one copy. */
import { describe, expect, it } from 'vitest';
import { type Case, findingOf, measured } from './run.js';

const SEEDS = 2;
const finding = findingOf('picking');
/** Sequential swarms take long, and luck changes them least. */
const isSlow = ({ name }: Case) => name.endsWith('sequential');
const names = (slow: boolean) => finding.cases.filter(one => isSlow(one) === slow).map(({ name }) => name);
const results = {
  ...measured(finding, { seeds: SEEDS, names: names(false) }),
  ...measured(finding, { seeds: 1, names: names(true) }),
};
const { 'fast seed': fast, 'slow seed': slow, 'super-seeding': supered } = finding.conclude(results);
const runs = Array.from({ length: SEEDS }, (_, i) => i);
const of = (kind: string, picker: string, seed: number) => results[`${kind}, ${picker}`][seed];

describe('piece diversity', () => {
  it('is kept by rarest first: at 75 copies of the average piece the rarest has 60 or more, else 2 at most', () => {
    for (const seed of runs) {
      expect(of('fast seed', 'rarest', seed).rarest).toBeGreaterThanOrEqual(60);
      expect(of('fast seed', 'random', seed).rarest).toBeLessThanOrEqual(2);
    }
    expect(fast.sequential.rarest).toBeLessThanOrEqual(2);
  });

  it('is what the seed pays for: it sends 1.2, 1.4 and more than 4 copies until every piece is out', () => {
    expect(slow.rarest.copies).toBeLessThan(1.2);
    expect(slow.random.copies).toBeGreaterThan(1.2);
    expect(slow.sequential.copies).toBeGreaterThan(4);
  });
});

describe('time of the last peer', () => {
  it('is least with rarest first where the seed is the limit: random takes 8 % more, sequential three times as long', () => {
    for (const seed of runs) {
      const rarest = of('slow seed', 'rarest', seed).last;
      expect(of('slow seed', 'random', seed).last).toBeGreaterThan(1.08 * rarest);
    }
    expect(slow.sequential.last).toBeGreaterThan(3 * slow.rarest.last);
  });

  it('depends less on the picker when the seed chooses, but in the same order', () => {
    expect(supered.rarest.ratio).toBeLessThan(1.15);
    expect(supered.random.ratio).toBeGreaterThan(1.02 * supered.rarest.ratio);
    expect(supered.sequential.ratio).toBeGreaterThan(supered.random.ratio);
    expect(supered.sequential.ratio).toBeLessThan(1.6);
  });

  it('is no longer with random picking when the seed is fast, because it stays for many more copies', () => {
    expect(fast.random.last).toBeLessThan(1.03 * fast.rarest.last);
    expect(fast.random.copies).toBeGreaterThan(1.5 * fast.rarest.copies);
  });
});
