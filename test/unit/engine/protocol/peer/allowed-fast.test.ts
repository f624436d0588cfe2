import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { allowedFastSet } from '../../../../../src/engine/protocol/peer/allowed-fast.js';

const sha1 = (bytes: Uint8Array): Uint8Array => createHash('sha1').update(bytes).digest();
const HASH = 'aa'.repeat(20);

describe('allowedFastSet', () => {
  it('is the set that BEP 6 prints', () => {
    const set = [1059, 431, 808, 1217, 287, 376, 1188, 353, 508];
    expect(allowedFastSet(sha1, HASH, '80.4.4.200', 1313, 7)).toEqual(set.slice(0, 7));
    expect(allowedFastSet(sha1, HASH, '80.4.4.200', 1313, 9)).toEqual(set);
  });

  it('is the same within a /24 and another outside', () => {
    const set = allowedFastSet(sha1, HASH, '80.4.4.1', 1313);
    expect(set).toHaveLength(10);
    expect(allowedFastSet(sha1, HASH, '80.4.4.255', 1313)).toEqual(set);
    expect(allowedFastSet(sha1, HASH, '80.4.5.1', 1313)).not.toEqual(set);
  });

  it('ends when there are fewer pieces than wanted, and even when the hash never varies', () => {
    for (const pieces of [0, 1, 2, 3, 9, 10]) {
      const set = allowedFastSet(sha1, HASH, '1.2.3.4', pieces, 10);
      expect(set.sort((a, b) => a - b)).toEqual(Array.from({ length: pieces }, (_, i) => i));
    }
    expect(allowedFastSet(() => new Uint8Array(20), HASH, '1.2.3.4', 100, 10)).toEqual([0]);
  });

  it('is empty for IPv6 and for names', () => {
    expect(allowedFastSet(sha1, HASH, '2001:db8::1', 1313)).toEqual([]);
    expect(allowedFastSet(sha1, HASH, 'example.org', 1313)).toEqual([]);
  });
});
