import { createJsPick } from './js-pick.js';
import { createJsRank } from './js-rank.js';
import { createJsSha1 } from './js-sha1.js';
import { createJsSha256 } from './js-sha256.js';
import { createJsTables } from './js-tables.js';
import { type Kernels, SHA1_BYTES, SHA256_BYTES } from './types.js';

/** The kernels in plain TypeScript over any buffer: the fallback and the yardstick. One a thread. */
export function createJsKernels(buffer: ArrayBufferLike): Kernels {
  const bytes = new Uint8Array(buffer);
  const view = new DataView(buffer);
  const sha1 = createJsSha1(view);
  const sha256 = createJsSha256(view);

  return {
    name: 'js',
    buffer,
    copy(toAt, fromAt, length) {
      bytes.copyWithin(toAt, fromAt, fromAt + length);
    },
    fill(at, byte, length) {
      bytes.fill(byte, at, at + length);
    },
    ...createJsTables(buffer),
    pickRarest: createJsPick(buffer),
    rankTop: createJsRank(buffer),
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
