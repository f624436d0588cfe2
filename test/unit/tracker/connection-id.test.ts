import { describe, expect, it } from 'vitest';
import { ConnectionIds } from '../../../src/tracker/connection-id.js';

const counting = (length: number) => Uint8Array.from({ length }, (_, i) => i);

describe('ConnectionIds', () => {
  const ids = new ConnectionIds(counting(16));
  const host = Uint8Array.of(192, 0, 2, 1);
  const issue = (nowSeconds: number, to = host) => {
    const id = new Uint8Array(8);
    ids.issue(to, nowSeconds, id, 0);
    return id;
  };

  it.each([4, 16])('is good for who got it, %i bytes of address', length => {
    const mine = counting(length);
    const other = counting(length);
    other[length - 1] ^= 1;
    const id = issue(1000, mine);
    expect(ids.isValid(mine, 1000, id)).toBe(true);
    expect(ids.isValid(other, 1000, id)).toBe(false);
  });

  it('lives 119 seconds, and up to 60 before its time', () => {
    const id = issue(1000);
    const ages = [-61, -60, 0, 119, 120, 1e6];
    expect(ages.map(age => ids.isValid(host, 1000 + age, id))).toEqual([
      false,
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it('every flipped bit makes it false', () => {
    for (let bit = 0; bit < 64; bit++) {
      const id = issue(1000);
      id[bit >> 3] ^= 1 << (bit & 7);
      expect(ids.isValid(host, 1000, id)).toBe(false);
    }
  });

  it('another process has other ids', () => {
    const other = new ConnectionIds(new Uint8Array(16));
    expect(other.isValid(host, 1000, issue(1000))).toBe(false);
  });
});
