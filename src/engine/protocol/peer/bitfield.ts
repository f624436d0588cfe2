import { MillraceError } from '../../errors.js';
import { bitfieldBytes } from '../../kernels/types.js';

/**
 * Checks a bitfield that came before the piece count was known; the decoder does it itself afterwards.
 * @throws MillraceError ERR_WIRE_MESSAGE for a wrong length or a spare bit that is set (BEP 3, BEP 52).
 */
export function checkBitfield(bits: Uint8Array, pieceCount: number): void {
  checkBitfieldBytes(bits.length, pieceCount);
  const spare = bits.length * 8 - pieceCount;
  if (spare > 0 && (bits[bits.length - 1] & ((1 << spare) - 1)) !== 0) {
    throw new MillraceError('ERR_WIRE_MESSAGE', `bitfield has spare bits set, the last ${spare} must be 0`, {
      spare,
    });
  }
}

/** The length alone, so that a wrong one is refused before any of it is stored. */
export function checkBitfieldBytes(length: number, pieceCount: number): void {
  const expected = bitfieldBytes(pieceCount);
  if (length !== expected) {
    throw new MillraceError('ERR_WIRE_MESSAGE', `bitfield is ${length} bytes, must be ${expected}`, {
      length,
      expected,
    });
  }
}
