import { bitfieldBytes, type Kernels } from './types.js';

type TableKernels = Pick<
  Kernels,
  | 'bitCount'
  | 'bitAndNotCount'
  | 'bitAndNot'
  | 'bitIntersects'
  | 'availabilityAdd'
  | 'availabilityRemove'
  | 'availabilityAddOne'
>;

/**
 * Bitfields as 32-bit words. Reads go by whole words, as the padding allows; writes end at `length` exactly. Where
 * the place of a bit matters, words are read big-endian, so that the count of leading zeros is the piece.
 */
export function createJsTables(buffer: ArrayBufferLike): TableKernels {
  const bytes = new Uint8Array(buffer);
  const words = new Int32Array(buffer, 0, buffer.byteLength >>> 2);
  const counts = new Uint16Array(buffer, 0, buffer.byteLength >>> 1);
  const view = new DataView(buffer);

  return {
    bitCount(at, length) {
      let bits = 0;
      const end = (at + length + 3) >>> 2;
      for (let i = at >>> 2; i < end; i++) bits += popcount(words[i]);
      return bits;
    },

    bitAndNotCount(aAt, bAt, length) {
      let bits = 0;
      const end = (aAt + length + 3) >>> 2;
      for (let a = aAt >>> 2, b = bAt >>> 2; a < end; a++, b++) bits += popcount(words[a] & ~words[b]);
      return bits;
    },

    bitAndNot(outAt, aAt, bAt, length) {
      const whole = length >>> 2;
      const out = outAt >>> 2;
      const a = aAt >>> 2;
      const b = bAt >>> 2;
      for (let i = 0; i < whole; i++) words[out + i] = words[a + i] & ~words[b + i];
      for (let i = 4 * whole; i < length; i++) bytes[outAt + i] = bytes[aAt + i] & ~bytes[bAt + i];
    },

    bitIntersects(peerAt, wantedAt, length) {
      const end = (peerAt + length + 3) >>> 2;
      for (let p = peerAt >>> 2, w = wantedAt >>> 2; p < end; p++, w++) {
        if ((words[p] & words[w]) !== 0) return true;
      }
      return false;
    },

    availabilityAdd(countsAt, bitsAt, pieces) {
      const end = bitsAt + bitfieldBytes(pieces);
      for (let at = bitsAt, first = countsAt >>> 1; at < end; at += 4, first += 32) {
        for (let word = view.getInt32(at); word !== 0; ) {
          const lead = Math.clz32(word);
          word &= ~(0x80000000 >>> lead);
          if (counts[first + lead] < 0xffff) counts[first + lead]++;
        }
      }
    },

    availabilityRemove(countsAt, bitsAt, pieces) {
      const end = bitsAt + bitfieldBytes(pieces);
      for (let at = bitsAt, first = countsAt >>> 1; at < end; at += 4, first += 32) {
        for (let word = view.getInt32(at); word !== 0; ) {
          const lead = Math.clz32(word);
          word &= ~(0x80000000 >>> lead);
          if (counts[first + lead] > 0) counts[first + lead]--;
        }
      }
    },

    availabilityAddOne(countsAt, piece) {
      const at = (countsAt >>> 1) + piece;
      if (counts[at] < 0xffff) counts[at]++;
    },
  };
}

/** Bits of a 32-bit word, summed in fields of 2, 4 and 8 bits. */
function popcount(word: number): number {
  word -= (word >>> 1) & 0x55555555;
  word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
  word = (word + (word >>> 4)) & 0x0f0f0f0f;
  return Math.imul(word, 0x01010101) >>> 24;
}
