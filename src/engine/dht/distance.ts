import type { Rng } from '../policy/rng.js';
import { NODE_ID_BYTES } from '../protocol/dht/messages.js';

const BITS = 8 * NODE_ID_BYTES;

/** Below 0 when `a` is closer to the target than `b`: the distance is the exclusive or, read as a number (BEP 5). */
export function compareDistance(target: Uint8Array, a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < NODE_ID_BYTES; i++) {
    const difference = (a[i] ^ target[i]) - (b[i] ^ target[i]);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Bits that both begin with: 160 when they are equal. */
export function sharedBits(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < NODE_ID_BYTES; i++) {
    const difference = a[i] ^ b[i];
    if (difference !== 0) return 8 * i + Math.clz32(difference) - 24;
  }
  return BITS;
}

export function randomId(rng: Rng): Uint8Array {
  return Uint8Array.from({ length: NODE_ID_BYTES }, () => rng.below(256));
}

/** An id that begins as `id` does, by exactly so many bits, and goes on by chance. At most 159 bits. */
export function randomIdSharing(id: Uint8Array, bits: number, rng: Rng): Uint8Array {
  const other = randomId(rng);
  const whole = bits >>> 3;
  other.set(id.subarray(0, whole));
  const flip = 0x80 >>> (bits & 7);
  const same = 0xff & ~(2 * flip - 1);
  other[whole] = (id[whole] & same) | (~id[whole] & flip) | (other[whole] & (flip - 1));
  return other;
}
