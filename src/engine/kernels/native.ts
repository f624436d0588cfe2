import { type HashKernels, SHA1_BYTES, SHA256_BYTES } from './types.js';

/** A one-shot hash of the host, as `node:crypto` has; the core may not import it, so it is handed in. */
export type HostHash = (algorithm: 'sha1' | 'sha256', bytes: Uint8Array) => Uint8Array;

/** The hash kernels over a hash of the host. It allocates a view and a digest a message. */
export function createNativeHash(buffer: ArrayBufferLike, hash: HostHash): HashKernels {
  const bytes = new Uint8Array(buffer);
  const sha1 = (at: number, length: number, outAt: number) => {
    bytes.set(hash('sha1', bytes.subarray(at, at + length)), outAt);
  };
  const sha256 = (at: number, length: number, outAt: number) => {
    bytes.set(hash('sha256', bytes.subarray(at, at + length)), outAt);
  };

  return {
    sha1,
    sha1x4(at0, at1, at2, at3, length, outAt) {
      sha1(at0, length, outAt);
      sha1(at1, length, outAt + SHA1_BYTES);
      sha1(at2, length, outAt + 2 * SHA1_BYTES);
      sha1(at3, length, outAt + 3 * SHA1_BYTES);
    },
    sha256,
    sha256x4(at0, at1, at2, at3, length, outAt) {
      sha256(at0, length, outAt);
      sha256(at1, length, outAt + SHA256_BYTES);
      sha256(at2, length, outAt + 2 * SHA256_BYTES);
      sha256(at3, length, outAt + 3 * SHA256_BYTES);
    },
  };
}
