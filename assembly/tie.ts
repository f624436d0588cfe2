/** tieBreak of the host: Murmur3's finaliser over index and seed. It is one to one, so no two indices are equal. */
// @ts-ignore: decorator
@inline
export function tieBreak(index: u32, seed: u32): u32 {
  let h = index ^ seed;
  h = (h ^ (h >>> 16)) * 0x85ebca6b;
  h = (h ^ (h >>> 13)) * 0xc2b2ae35;
  return h ^ (h >>> 16);
}

/** tieBreak of four indices from `first` on. */
// @ts-ignore: decorator
@inline
export function tieBreaks(first: u32, seed: u32): v128 {
  let h = v128.xor(i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3)), i32x4.splat(seed));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 16)), i32x4.splat(0x85ebca6b));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 13)), i32x4.splat(0xc2b2ae35));
  return v128.xor(h, i32x4.shr_u(h, 16));
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
