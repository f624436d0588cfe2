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

// @ts-ignore: decorator
@inline
function loadWords(at: usize): v128 {
  return i8x16.swizzle(v128.load(at), i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
}

/**
 * Turns one 64-byte block of each of four messages into 16 vectors at `toAt`: vector t has the big-endian word t of
 * every message.
 */
export function gatherBlock(at0: usize, at1: usize, at2: usize, at3: usize, toAt: usize): void {
  for (let i: usize = 0; i < 64; i += 16) {
    const row0 = loadWords(at0 + i);
    const row1 = loadWords(at1 + i);
    const row2 = loadWords(at2 + i);
    const row3 = loadWords(at3 + i);
    const low01 = v128.shuffle<u32>(row0, row1, 0, 4, 1, 5);
    const low23 = v128.shuffle<u32>(row2, row3, 0, 4, 1, 5);
    const high01 = v128.shuffle<u32>(row0, row1, 2, 6, 3, 7);
    const high23 = v128.shuffle<u32>(row2, row3, 2, 6, 3, 7);
    const to = toAt + 4 * i;
    v128.store(to, v128.shuffle<u64>(low01, low23, 0, 2));
    v128.store(to, v128.shuffle<u64>(low01, low23, 1, 3), 16);
    v128.store(to, v128.shuffle<u64>(high01, high23, 0, 2), 32);
    v128.store(to, v128.shuffle<u64>(high01, high23, 1, 3), 48);
  }
}
