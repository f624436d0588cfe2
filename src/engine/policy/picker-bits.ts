import { TABLE_ALIGN } from '../kernels/types.js';

/** Single bits of bitfields in wire order (BEP 3); whole bitfields are the kernels' business. */

export function hasBit(memory: Uint8Array, at: number, index: number): boolean {
  return (memory[at + (index >>> 3)] & (0x80 >>> (index & 7))) !== 0;
}

export function setBit(memory: Uint8Array, at: number, index: number): void {
  memory[at + (index >>> 3)] |= 0x80 >>> (index & 7);
}

export function clearBit(memory: Uint8Array, at: number, index: number): void {
  memory[at + (index >>> 3)] &= ~(0x80 >>> (index & 7));
}

/** The first `count` bits. */
export function setBits(memory: Uint8Array, at: number, count: number): void {
  memory.fill(0xff, at, at + (count >>> 3));
  if ((count & 7) !== 0) memory[at + (count >>> 3)] |= (0xff << (8 - (count & 7))) & 0xff;
}

/** `bytes` rounded up to what tables must be padded to. */
export function tableBytes(bytes: number): number {
  return Math.ceil(bytes / TABLE_ALIGN) * TABLE_ALIGN;
}

/** Piece of the highest, or with `last` the lowest, bit of a byte that is not 0 and holds pieces from `first` on. */
export function pieceInByte(byte: number, first: number, last = false): number {
  return first + (last ? 7 - (31 - Math.clz32(byte & -byte)) : Math.clz32(byte) - 24);
}
