/** Vectors of four 32-bit words, one lane a message, and the expansion of bits to lanes. */

// @ts-ignore: decorator
@inline
export function add(a: v128, b: v128): v128 {
  return i32x4.add(a, b);
}

// @ts-ignore: decorator
@inline
export function xor3(a: v128, b: v128, c: v128): v128 {
  return v128.xor(v128.xor(a, b), c);
}

// @ts-ignore: decorator
@inline
export function rotateLeft(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shl(x, bits), i32x4.shr_u(x, 32 - bits));
}

// @ts-ignore: decorator
@inline
export function rotateRight(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shr_u(x, bits), i32x4.shl(x, 32 - bits));
}

/** Bitwise "if x then y else z": Ch of FIPS 180-4. */
// @ts-ignore: decorator
@inline
export function choose(x: v128, y: v128, z: v128): v128 {
  return v128.bitselect(y, z, x);
}

/** Bitwise majority: where x and y differ z decides. Maj of FIPS 180-4. */
// @ts-ignore: decorator
@inline
export function majority(x: v128, y: v128, z: v128): v128 {
  return v128.bitselect(z, y, v128.xor(x, y));
}

/** Lane i is all ones when bit i of `byte` is set, counted from the high bit as bitfields do, else zero. */
// @ts-ignore: decorator
@inline
export function expandBits(byte: u16): v128 {
  const bits = i16x8(0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01);
  return i16x8.eq(v128.and(i16x8.splat(byte), bits), bits);
}

/** The opposite of expandBits for 16 lanes, all ones or zero each: lane 0 becomes bit 7, lane 8 bit 15. */
// @ts-ignore: decorator
@inline
export function gatherBits(low: v128, high: v128): u64 {
  const bytes = i8x16.narrow_i16x8_s(low, high);
  const turned = i8x16.swizzle(bytes, i8x16(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8));
  return <u64>(<u32>i8x16.bitmask(turned));
}

/** Four big-endian words. */
// @ts-ignore: decorator
@inline
export function loadWords(at: usize): v128 {
  return i8x16.swizzle(v128.load(at), i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
}

/*
 * Four rows of four words, a message each, become four vectors of one word of every message in two steps:
 * first low or high of rows 0 and 1 and of rows 2 and 3, then first or second of both.
 */

// @ts-ignore: decorator
@inline
export function low(row: v128, next: v128): v128 {
  return v128.shuffle<u32>(row, next, 0, 4, 1, 5);
}

// @ts-ignore: decorator
@inline
export function high(row: v128, next: v128): v128 {
  return v128.shuffle<u32>(row, next, 2, 6, 3, 7);
}

// @ts-ignore: decorator
@inline
export function first(rows01: v128, rows23: v128): v128 {
  return v128.shuffle<u64>(rows01, rows23, 0, 2);
}

// @ts-ignore: decorator
@inline
export function second(rows01: v128, rows23: v128): v128 {
  return v128.shuffle<u64>(rows01, rows23, 1, 3);
}
