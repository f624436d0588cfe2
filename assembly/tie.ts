/** tieBreak of the host: Murmur3's finaliser over index and seed. It is one to one, so no two indices are equal. */
// @ts-ignore: decorator
@inline
export function tieBreak(index: u32, seed: u32): u32 {
  let h = index ^ seed;
  h = (h ^ (h >>> 16)) * 0x85ebca6b;
  h = (h ^ (h >>> 13)) * 0xc2b2ae35;
  return h ^ (h >>> 16);
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
