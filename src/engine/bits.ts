/** Bitfields as the wire has them: bit 0 is the highest of the first byte (BEP 3 "bitfield"). */

export function noBits(count: number): Uint8Array {
  return new Uint8Array((count + 7) >>> 3);
}

/** Ones for all, zeros for the spare bits behind the last. */
export function allBits(count: number): Uint8Array {
  const bits = noBits(count).fill(0xff);
  if (count % 8 !== 0) bits[bits.length - 1] = (0xff << (8 - (count % 8))) & 0xff;
  return bits;
}

export function hasBit(bits: Uint8Array, index: number): boolean {
  return (bits[index >>> 3] & (0x80 >>> (index & 7))) !== 0;
}

export function setBit(bits: Uint8Array, index: number): void {
  bits[index >>> 3] |= 0x80 >>> (index & 7);
}

/** Numbers of the bits that are set, ascending. */
export function listBits(bits: Uint8Array): number[] {
  const list: number[] = [];
  for (let byte = 0; byte < bits.length; byte++) {
    for (let bit = 0, rest = bits[byte]; rest !== 0; bit++, rest = (rest << 1) & 0xff) {
      if (rest & 0x80) list.push(8 * byte + bit);
    }
  }
  return list;
}
