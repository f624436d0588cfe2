// What a part of the suite hands back.

/**
 * @typedef {object} Figure a result for machines; `bench/check.mjs` compares those with a tolerance
 * @property {string} id such as `kernels.sha1.256KiB.wasm/native`
 * @property {number} value the median
 * @property {number} [min]
 * @property {number} [max]
 * @property {number} [samples]
 * @property {string} unit `x` for a ratio
 * @property {'higher' | 'lower'} better
 * @property {number} [tolerance] how much worse than the baseline it may be, as a share of it; only for figures that do
 *   not depend on how fast the machine is
 */

/**
 * @typedef {object} PartResult
 * @property {string} title
 * @property {readonly string[]} method paragraphs: what was done and how to read it
 * @property {readonly import('./table.mjs').Table[]} tables
 * @property {readonly { name: string, title: string, svg: string }[]} charts `name` is the file name without `.svg`
 * @property {readonly Figure[]} figures
 * @property {readonly string[]} [failures] names of what did not work out; the rest is here
 * @property {object} [data] everything else worth keeping, plain data
 */

/**
 * @typedef {object} Context what a part gets
 * @property {boolean} quick
 * @property {number} samples rounds of every comparison
 * @property {readonly string[]} engines that part `peers` compares
 * @property {import('./workspace.mjs').Workspace} workspace
 * @property {import('./processes.mjs').Processes} processes
 * @property {import('./machine.mjs').Machine} machine
 * @property {AbortSignal} signal
 * @property {(text: string) => void} progress one line of what happens now
 */

/**
 * A figure out of a summary.
 * @param {string} id @param {import('./stats.mjs').Summary} summary
 * @param {string} unit @param {'higher' | 'lower'} better @param {number} [tolerance]
 * @returns {Figure}
 */
export function figureOf(id, { median: value, min, max, samples }, unit, better, tolerance) {
  return { id, value, min, max, samples, unit, better, ...(tolerance === undefined ? {} : { tolerance }) };
}
