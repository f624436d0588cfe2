import { MillraceError } from '../../errors.js';
import type { BencodeOptions } from './limits.js';
import { END, scan } from './scan.js';
import { BDict, type BValue, readValue } from './values.js';

/**
 * Reads one value that fills the input (or starts it, if `tolerant`). The result holds views into `bytes`.
 * @throws MillraceError ERR_BENCODE_SYNTAX with the offset, ERR_BENCODE_LIMIT
 */
export function decode(bytes: Uint8Array, options: BencodeOptions = {}): BValue {
  const { value, end } = decodePrefix(bytes, options);
  if (end !== bytes.length && !options.tolerant) {
    const message = `bencode: ${bytes.length - end} bytes after the value (byte ${end})`;
    throw new MillraceError('ERR_BENCODE_SYNTAX', message, { offset: end });
  }
  return value;
}

/** Like {@link decode}, but the value must be a dictionary. */
export function decodeDict(bytes: Uint8Array, options: BencodeOptions = {}): BDict {
  const value = decode(bytes, options);
  if (value instanceof BDict) return value;
  throw new MillraceError('ERR_BENCODE_SYNTAX', 'bencode: input is not a dictionary', { offset: 0 });
}

/** Reads the value that the input starts with; `end` is the first byte after it (ut_metadata, BEP 9). */
export function decodePrefix(
  bytes: Uint8Array,
  options: BencodeOptions = {},
): { readonly value: BValue; readonly end: number } {
  const tape = scan(bytes, options);
  return { value: readValue(tape, 0), end: tape.tokens[END] };
}
