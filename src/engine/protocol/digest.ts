import { createJsSha1 } from '../kernels/js-sha1.js';
import { SHA1_BYTES } from '../kernels/types.js';

/** SHA-1 of one message in plain TypeScript, for callers that have no kernels at hand. Copies the message. */
export function sha1(message: Uint8Array): Uint8Array {
  const memory = new ArrayBuffer(message.length + SHA1_BYTES);
  new Uint8Array(memory).set(message);
  createJsSha1(new DataView(memory))(0, message.length, message.length);
  return new Uint8Array(memory, message.length);
}
