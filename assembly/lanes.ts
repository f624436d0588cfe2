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

/** The bits of every byte the other way round: the high bit of a bitfield's byte, its first piece, becomes the lowest. */
// @ts-ignore: decorator
@inline
export function reverseBits(bytes: v128): v128 {
  const low = v128.and(bytes, i8x16.splat(15));
  const high = v128.and(i16x8.shr_u(bytes, 4), i8x16.splat(15));
  return v128.or(
    i8x16.swizzle(i8x16(0, -128, 64, -64, 32, -96, 96, -32, 16, -112, 80, -48, 48, -80, 112, -16), low),
    i8x16.swizzle(i8x16(0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15), high),
  );
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
