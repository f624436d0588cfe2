import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesEqual } from '../../../../src/engine/bytes.js';
import { compareDistance, randomIdSharing, sharedBits } from '../../../../src/engine/dht/distance.js';
import { createRng } from '../../../../src/engine/policy/rng.js';

const id = fc.uint8Array({ minLength: 20, maxLength: 20 });
const number = (bytes: Uint8Array) => bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);

describe('distance', () => {
  it('is the exclusive or, read as a number', () => {
    fc.assert(
      fc.property(id, id, id, (target, a, b) => {
        const [far, near] = [number(a) ^ number(target), number(b) ^ number(target)];
        expect(Math.sign(compareDistance(target, a, b))).toBe(far < near ? -1 : far > near ? 1 : 0);
      }),
    );
  });

  it('counts the bits that both begin with', () => {
    fc.assert(
      fc.property(id, id, (a, b) => {
        const different = (number(a) ^ number(b)).toString(2);
        expect(sharedBits(a, b)).toBe(bytesEqual(a, b) ? 160 : 160 - different.length);
      }),
    );
  });

  it('draws ids that share exactly as many bits as they shall', () => {
    fc.assert(
      fc.property(id, fc.integer({ min: 0, max: 159 }), fc.nat(), (own, bits, seed) => {
        expect(sharedBits(own, randomIdSharing(own, bits, createRng(seed)))).toBe(bits);
      }),
    );
  });
});
