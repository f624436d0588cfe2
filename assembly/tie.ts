import { gatherBits } from './lanes';

/** tieBreak of the host: Murmur3's finaliser over index and seed. It is one to one, so no two indices are equal. */
// @ts-ignore: decorator
@inline
export function tieBreak(index: u32, seed: u32): u32 {
  let h = index ^ seed;
  h = (h ^ (h >>> 16)) * 0x85ebca6b;
  h = (h ^ (h >>> 13)) * 0xc2b2ae35;
  return h ^ (h >>> 16);
}

/**
 * Bits, as gatherBits makes them, of those of 16 indices from `first`, a multiple of 16, whose tieBreak is up to
 * `limit`; and of one in 65536 above it, for the lower half is not compared.
 */
// @ts-ignore: decorator
@inline
export function tiesUpTo(first: u32, seed: u32, limit: u32): u64 {
  // the first step of tieBreak changes nothing in the lowest 4 bits that hangs on them
  let h = first ^ seed;
  h ^= h >>> 16;
  const limits = i32x4.splat(limit | 0xffff);
  return gatherBits(
    i16x8.narrow_i32x4_s(upTo(h, limits), upTo(h ^ 4, limits)),
    i16x8.narrow_i32x4_s(upTo(h ^ 8, limits), upTo(h ^ 12, limits)),
  );
}

// @ts-ignore: decorator
@inline
function upTo(mixed: u32, limits: v128): v128 {
  let h = i32x4.mul(v128.xor(i32x4.splat(mixed), i32x4(0, 1, 2, 3)), i32x4.splat(0x85ebca6b));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 13)), i32x4.splat(0xc2b2ae35));
  return i32x4.le_u(h, limits);
}

/** The index whose tieBreak is `tie`: the same steps backwards, with the inverses of both factors modulo 2^32. */
export function indexOfTie(tie: u32, seed: u32): u32 {
  let h = tie ^ (tie >>> 16);
  h *= 0x7ed1b41d;
  h ^= (h >>> 13) ^ (h >>> 26);
  h *= 0xa5cb9243;
  h ^= h >>> 16;
  return h ^ seed;
}
