import { parseIp } from '../compact.js';

/** m = 2048 bits, k = 2 (BEP 33). */
export const BLOOM_FILTER_BYTES = 256;
const BITS = 8 * BLOOM_FILTER_BYTES;
const HASHES = 2;

/** Puts the address of a peer in; a host that is no IP address is passed over. Ports do not count. */
export function addToBloomFilter(
  filter: Uint8Array,
  host: string,
  sha1: (bytes: Uint8Array) => Uint8Array,
): void {
  const ip = parseIp(host);
  if (ip === undefined) return;
  const digest = sha1(ip);
  for (let hash = 0; hash < HASHES; hash++) {
    const bit = (digest[2 * hash] | (digest[2 * hash + 1] << 8)) % BITS;
    filter[bit >>> 3] |= 1 << (bit & 7);
  }
}

/** Puts all of another filter in. */
export function mergeBloomFilter(filter: Uint8Array, other: Uint8Array): void {
  for (let i = 0; i < BLOOM_FILTER_BYTES; i++) filter[i] |= other[i];
}

/** About how many addresses are in (BEP 33); beyond some 6000 filters are full and all are told to be as many. */
export function estimateBloomFilter(filter: Uint8Array): number {
  let zeros = 0;
  for (let i = 0; i < BLOOM_FILTER_BYTES; i++)
    for (let unset = ~filter[i] & 0xff; unset !== 0; unset &= unset - 1) zeros++;
  const c = Math.min(BITS - 1, zeros);
  return Math.log(Math.max(1, c) / BITS) / (HASHES * Math.log(1 - 1 / BITS));
}
