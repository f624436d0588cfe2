import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isMillraceError } from '../../src/engine/errors.js';
import { BDict, type BInput, type BValue, decode, encode } from '../../src/engine/protocol/bencode.js';

const box = { numRuns: 2000, interruptAfterTimeLimit: 3000 };

const { value } = fc.letrec<{ value: BInput }>(tie => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 6 }),
    fc
      .uniqueArray(fc.tuple(fc.uint8Array({ maxLength: 6 }), tie('value')), {
        maxLength: 20,
        selector: ([key]) => String(key),
      })
      .map(pairs => new Map(pairs)),
  ),
}));

/** Reads all of a value, however it is read. */
function walk(item: BValue): void {
  if (item instanceof BDict) {
    for (const [key, member] of item) {
      expect(item.has(key)).toBe(true);
      walk(member);
    }
  } else if (Array.isArray(item)) {
    item.forEach(walk);
  }
}

function tryDecode(bytes: Uint8Array, tolerant: boolean): BValue | undefined {
  try {
    const decoded = decode(bytes, { tolerant });
    walk(decoded);
    return decoded;
  } catch (error) {
    if (isMillraceError(error)) return undefined;
    throw error;
  }
}

it('what is encoded is decoded to the same bytes', () => {
  fc.assert(
    fc.property(value, input => {
      const bytes = encode(input);
      expect(encode(decode(bytes))).toEqual(bytes);
    }),
    box,
  );
});

it('the strict reader takes canonical bencode alone', () => {
  const letters = fc
    .string({ unit: fc.constantFrom(...'dlie:0123-ab'), maxLength: 30 })
    .map(text => Buffer.from(text));
  fc.assert(
    fc.property(fc.oneof(letters, fc.uint8Array({ maxLength: 60 })), bytes => {
      const decoded = tryDecode(bytes, false);
      if (decoded !== undefined) expect(Buffer.from(encode(decoded)).equals(bytes)).toBe(true);
      tryDecode(bytes, true);
    }),
    { ...box, numRuns: 20_000 },
  );
});

it('a damaged input gives an error or a value, nothing else', () => {
  fc.assert(
    fc.property(value, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(), (input, at, byte, cut) => {
      const bytes = encode(input);
      bytes[at % bytes.length] = byte;
      tryDecode(bytes, true);
      tryDecode(bytes.subarray(0, cut % bytes.length), false);
    }),
    box,
  );
});
