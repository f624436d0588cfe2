import { bitfieldBytes, type Kernels, MAX_PICK, tieBreak } from './types.js';

const TWO_32 = 0x1_0000_0000;

/**
 * One scan that keeps the k smallest keys in a heap with the largest on top. A key is count * 2^32 + tie: exact in a
 * double, and enough to know the piece, because tieBreak is one to one.
 */
export function createJsPick(buffer: ArrayBufferLike): Kernels['pickRarest'] {
  const words = new Int32Array(buffer, 0, buffer.byteLength >>> 2);
  const out = new Uint32Array(buffer, 0, buffer.byteLength >>> 2);
  const counts = new Uint16Array(buffer, 0, buffer.byteLength >>> 1);
  const view = new DataView(buffer);
  const heap = new Float64Array(MAX_PICK);

  return (countsAt, peerAt, wantedAt, busyAt, pieces, k, seed, outAt) => {
    if (k > MAX_PICK) throw new RangeError(`k is ${k}, must be 0 to ${MAX_PICK}`);
    if (k === 0) return 0;
    const bytes = bitfieldBytes(pieces);
    let size = 0;
    let limit = 0xffff;

    for (let i = 0; i < bytes; i += 4) {
      let word = words[(peerAt + i) >>> 2] & words[(wantedAt + i) >>> 2];
      if (word === 0) continue;
      // again, but big-endian: the count of leading zeros is the piece
      word = view.getInt32(peerAt + i) & view.getInt32(wantedAt + i);
      if (busyAt !== 0) word &= ~view.getInt32(busyAt + i);
      while (word !== 0) {
        const lead = Math.clz32(word);
        word &= ~(0x80000000 >>> lead);
        const piece = 8 * i + lead;
        const count = counts[(countsAt >>> 1) + piece];
        if (count > limit) continue;
        const key = count * TWO_32 + tieBreak(piece, seed);
        if (size < k) {
          raise(heap, size++, key);
          if (size < k) continue;
        } else {
          if (key >= heap[0]) continue;
          sink(heap, k, key);
        }
        limit = Math.floor(heap[0] / TWO_32);
      }
    }

    for (let left = size - 1; left >= 0; left--) {
      out[(outAt >>> 2) + left] = indexOfTie(heap[0] % TWO_32, seed);
      sink(heap, left, heap[left]);
    }
    return size;
  };
}

/** The index whose tieBreak is `tie`: the same steps backwards, with the inverses of both factors modulo 2^32. */
function indexOfTie(tie: number, seed: number): number {
  let h = tie ^ (tie >>> 16);
  h = Math.imul(h, 0x7ed1b41d);
  h ^= (h >>> 13) ^ (h >>> 26);
  h = Math.imul(h, 0xa5cb9243);
  h ^= h >>> 16;
  return (h ^ seed) >>> 0;
}

/** Puts `key` at the free place `at` of a heap and moves it up. */
function raise(heap: Float64Array, at: number, key: number): void {
  while (at > 0) {
    const parent = (at - 1) >>> 1;
    if (heap[parent] >= key) break;
    heap[at] = heap[parent];
    at = parent;
  }
  heap[at] = key;
}

/** Replaces the top of a heap of `size` keys by `key` and moves it down. */
function sink(heap: Float64Array, size: number, key: number): void {
  let at = 0;
  for (let child = 1; child < size; child = 2 * at + 1) {
    if (child + 1 < size && heap[child + 1] > heap[child]) child++;
    if (heap[child] <= key) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = key;
}
