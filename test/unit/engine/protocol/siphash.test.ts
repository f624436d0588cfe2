import { describe, expect, it } from 'vitest';
import { SipHash } from '../../../../src/engine/protocol/siphash.js';

const counting = (length: number) => Uint8Array.from({ length }, (_, i) => i);

describe('SipHash', () => {
  // Low halves of the 64-bit results in the authors' reference (key 00..0f, input 00, 01, 02 ...).
  it.each([
    [0, 0xdd0e0e31],
    [15, 0x49be45e5],
  ])('%i bytes', (length, low) => {
    expect(new SipHash(counting(16)).low32(counting(length), length)).toBe(low);
  });

  it('wants 16 bytes of key', () => {
    expect(() => new SipHash(new Uint8Array(15))).toThrow(RangeError);
  });
});
