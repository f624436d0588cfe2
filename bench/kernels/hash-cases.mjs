// SHA-1 and SHA-256, four messages a call and one, on the sizes of blocks and pieces.
import { openBackends } from './backends.mjs';

const SIZES = [16, 256, 4096].map(kib => kib * 1024);
const BACKENDS = ['wasm', 'js', 'native'];

/**
 * @typedef {object} Case
 * @property {string} kernel
 * @property {string} on what it works on
 * @property {number} work done by one call: bytes, or calls when there are many in one
 * @property {'B' | 'calls'} unit
 * @property {Readonly<Record<string, () => void>>} run a call by backend
 */

/** @returns {Case[]} */
export function hashCases() {
  const largest = SIZES.at(-1);
  const { kernels, allocate } = openBackends(4 * largest + 4096);
  const outAt = allocate(128);
  const at = [0, 1, 2, 3].map(() => allocate(largest));
  const cases = [];
  for (const algorithm of ['sha1', 'sha256']) {
    for (const length of SIZES) {
      const four = `${algorithm}x4`;
      cases.push({
        kernel: four,
        on: `4 × ${length / 1024} KiB`,
        work: 4 * length,
        unit: 'B',
        run: byBackend(name => () => kernels[name][four](at[0], at[1], at[2], at[3], length, outAt)),
      });
    }
    for (const length of SIZES) {
      cases.push({
        kernel: algorithm,
        on: `${length / 1024} KiB`,
        work: length,
        unit: 'B',
        run: byBackend(name => () => kernels[name][algorithm](at[0], length, outAt)),
      });
    }
  }
  return cases;
}

function byBackend(make) {
  return Object.fromEntries(BACKENDS.map(name => [name, make(name)]));
}
