import { describe, expect, it } from 'vitest';
import { RecentMap } from '../../../../src/engine/dht/recent-map.js';

describe('a map of whoever was met lately', () => {
  it('keeps the last so many, and whoever is looked at', () => {
    const map = new RecentMap<number>(10, 1000);
    for (let i = 0; i < 1000; i++) {
      map.set(`${i}`, i, 0);
      expect(map.get('0', 0)).toBe(0);
      expect(map.size).toBeLessThanOrEqual(20);
      for (let last = Math.max(0, i - 8); last <= i; last++) expect(map.get(`${last}`, 0)).toBe(last);
    }
    expect(map.get('500', 0)).toBeUndefined();
  });

  it('forgets whom nobody looked at, after its time and before twice its time', () => {
    const map = new RecentMap<number>(10, 1000);
    map.set('a', 1, 0);
    map.set('b', 2, 900);
    expect(map.get('a', 999)).toBe(1);
    map.set('c', 3, 1000);
    expect(map.get('b', 1800)).toBe(2);
    map.set('d', 4, 2000);
    expect(map.get('a', 2000)).toBeUndefined();
    expect(map.get('b', 2000)).toBe(2);
    map.set('e', 5, 9000);
    expect(map.size).toBe(1);
  });
});
