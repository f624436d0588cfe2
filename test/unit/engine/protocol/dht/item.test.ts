import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../../src/engine/bytes.js';
import {
  addToBloomFilter,
  BLOOM_FILTER_BYTES,
  estimateBloomFilter,
  mergeBloomFilter,
} from '../../../../../src/engine/protocol/dht/bloom-filter.js';
import { checkItem, isItemValue, signedBytes } from '../../../../../src/engine/protocol/dht/item.js';
import { sha1 } from '../../../../../src/engine/protocol/digest.js';

describe('items', () => {
  it('have one canonical value', () => {
    for (const value of ['le', 'i1e', '4:spam', 'd1:ai1e1:b0:e'])
      expect([value, isItemValue(utf8(value))]).toEqual([value, true]);
    for (const value of [
      '',
      'l',
      'i01e',
      '4:spam4:spam',
      'd1:b0:1:ai1ee',
      `${'l'.repeat(11)}${'e'.repeat(11)}`,
    ])
      expect([value, isItemValue(utf8(value))]).toEqual([value, false]);
  });

  it('are bounded', () => {
    checkItem(utf8(`996:${'a'.repeat(996)}`), new Uint8Array(64));
    expect(() => checkItem(utf8(`997:${'a'.repeat(997)}`))).toThrow(/1001 bytes, must be at most 1000/);
    expect(() => checkItem(utf8('0:'), new Uint8Array(65))).toThrow(/salt of the DHT has 65 bytes/);
    expect(() => checkItem(utf8('spam'))).toThrow(/not bencoded/);
  });

  it('are signed without a salt that is empty', () => {
    expect(signedBytes(utf8('0:'), 1, new Uint8Array())).toEqual(utf8('3:seqi1e1:v0:'));
  });
});

describe('Bloom filters', () => {
  it('are added up', () => {
    const [a, b, both] = [0, 0, 0].map(() => new Uint8Array(BLOOM_FILTER_BYTES));
    addToBloomFilter(a, '1.2.3.4', sha1);
    addToBloomFilter(b, '2001:db8::1', sha1);
    addToBloomFilter(both, '1.2.3.4', sha1);
    addToBloomFilter(both, '2001:db8::1', sha1);
    mergeBloomFilter(a, b);
    expect(a).toEqual(both);
  });

  it('pass over what is no address', () => {
    const filter = new Uint8Array(BLOOM_FILTER_BYTES);
    addToBloomFilter(filter, 'localhost', sha1);
    expect(filter.every(byte => byte === 0)).toBe(true);
  });

  it('tell a finite number when they are empty or full', () => {
    expect(Math.round(estimateBloomFilter(new Uint8Array(BLOOM_FILTER_BYTES)))).toBeLessThanOrEqual(1);
    expect(estimateBloomFilter(new Uint8Array(BLOOM_FILTER_BYTES).fill(255))).toBeCloseTo(7806, -1);
  });
});
