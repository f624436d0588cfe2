import type { HashChoice } from '../engine/kernels/select.js';
import { type Kernels, SHA1_BYTES, SHA256_BYTES } from '../engine/kernels/types.js';

/** What a thread needs to run jobs. */
export interface JobContext {
  readonly kernels: Kernels;
  /** The whole memory of the kernels. */
  readonly bytes: Uint8Array;
  /** Room of this thread for four digests. */
  readonly digestsAt: number;
  readonly hash: HashChoice;
}

/** SIMD hashes four messages of one length at a time. */
export const LANES = 4;

/** Views of the digests of at most {@link LANES} slots in the thread's own room, overwritten by the next call. */
export function hashSlots(
  { kernels, bytes, digestsAt, hash }: JobContext,
  algorithm: 'sha1' | 'sha256',
  slots: readonly number[],
  length: number,
): Uint8Array[] {
  const size = algorithm === 'sha1' ? SHA1_BYTES : SHA256_BYTES;
  const [a, b = a, c = a, d = a] = slots;
  const few = algorithm === 'sha1' ? (hash.few ?? 1) : 1;
  if (hash[algorithm] === 'wasm' && slots.length > few) {
    // Lanes without a message of their own repeat the first: four lanes cost 2/3 of two calls of the scalar code
    // (1295 against 444 MB/s).
    kernels[`${algorithm}x4`](a, b, c, d, length, digestsAt);
  } else {
    slots.forEach((at, i) => {
      kernels[algorithm](at, length, digestsAt + i * size);
    });
  }
  return slots.map((_, i) => bytes.subarray(digestsAt + i * size, digestsAt + (i + 1) * size));
}
