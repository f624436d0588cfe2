import { expect, it } from 'vitest';
import { TrackerTiers } from '../../../../src/engine/discovery/tracker-tiers.js';
import { createRng } from '../../../../src/engine/policy/rng.js';

it('shuffles within tiers only, the same way for the same seed', () => {
  const tiers = [
    ['a1', 'a2', 'a3', 'a4'],
    ['b1', 'b2'],
  ];
  const orders = new Set<string>();
  for (let seed = 0; seed < 50; seed++) {
    const order = new TrackerTiers(tiers, createRng(seed)).inOrder();
    expect(new TrackerTiers(tiers, createRng(seed)).inOrder()).toEqual(order);
    expect(order.map(url => url[0]).join('')).toBe('aaaabb');
    expect([...order].sort()).toEqual(tiers.flat());
    orders.add(order.join());
  }
  expect(orders.size).toBeGreaterThan(20);
});

it('drops empty tiers and repetitions, and takes 100 trackers at most', () => {
  const still = { below: (bound: number) => bound - 1 };
  expect(new TrackerTiers([[], ['a', 'a'], ['a', 'b']], still).inOrder()).toEqual(['a', 'b']);
  const many = Array.from({ length: 50 }, (_, i) => Array.from({ length: 50 }, (_, j) => `${i}/${j}`));
  const tiers = new TrackerTiers(many, still);
  expect(tiers.inOrder()).toHaveLength(100);
  expect([tiers.size, tiers.has('1/49'), tiers.has('2/0')]).toEqual([100, true, false]);
});
