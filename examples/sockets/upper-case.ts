/** What both ends agree on: a line of text goes there, and comes back in upper case. */
import { StringDecoder } from 'node:string_decoder';

/** The lecture's port. */
export const PORT = 12_000;

/**
 * The lecture's buffer. A longer datagram loses its end there without a word, so no message is longer, neither question
 * nor answer.
 */
export const BUFFER_BYTES = 2048;

/** As much of the text as fits. `write` never puts half a character into the buffer. */
export function encode(text: string): Buffer {
  const buffer = Buffer.alloc(BUFFER_BYTES);
  return buffer.subarray(0, buffer.write(text));
}

/**
 * A character of UTF-8 is 1 to 4 bytes, and the end of a buffer may cut one in two. What is left of it is dropped, and
 * bytes that are no UTF-8 at all become U+FFFD: Python's `decode()` raises for both, which ends the lecture's server.
 */
export function decode(bytes: Buffer): string {
  return new StringDecoder('utf8').write(bytes.subarray(0, BUFFER_BYTES));
}

/** Whether the last character is not whole yet. */
export function endsInside(bytes: Buffer): boolean {
  const decoder = new StringDecoder('utf8');
  decoder.write(bytes);
  return decoder.end() !== '';
}

/** Upper case may take more bytes: `ΐ` has 2, its capital, a letter with two marks, 6. */
export function upperCase(message: Buffer): Buffer {
  return encode(decode(message).toUpperCase());
}
