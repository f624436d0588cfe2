import { bitfieldBytes } from '../kernels/types.js';

/** Piece 0 is the high bit of byte 0 (BEP 3). */
export function hasBit(bits: Uint8Array, index: number): boolean {
  return (bits[index >>> 3] & (0x80 >>> (index & 7))) !== 0;
}

export function setBit(bits: Uint8Array, index: number): void {
  bits[index >>> 3] |= 0x80 >>> (index & 7);
}

export function clearBit(bits: Uint8Array, index: number): void {
  bits[index >>> 3] &= ~(0x80 >>> (index & 7));
}

/** Ones for all pieces, zeros for the spare bits behind the last. */
export function setAllBits(bits: Uint8Array, pieces: number): void {
  bits.fill(0xff, 0, bitfieldBytes(pieces));
  if (pieces % 8 !== 0) bits[bitfieldBytes(pieces) - 1] = (0xff << (8 - (pieces % 8))) & 0xff;
}

export function noBits(pieces: number): Uint8Array {
  return new Uint8Array(bitfieldBytes(pieces));
}

export function allBits(pieces: number): Uint8Array {
  const bits = noBits(pieces);
  setAllBits(bits, pieces);
  return bits;
}
