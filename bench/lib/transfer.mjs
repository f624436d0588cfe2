// One transfer from a millrace seed to a millrace downloader, with what both sides spent.
const MILLRACE_PROCESS = new URL('millrace-process.mjs', import.meta.url);

/** @param {import('./processes.mjs').Processes} processes */
export function startMillrace(processes) {
  return processes.node(MILLRACE_PROCESS);
}

/**
 * @typedef {object} Transfer
 * @property {number} seconds from the first byte to the last verified piece
 * @property {number} bytes
 * @property {Spent} seed
 * @property {Spent} download
 *
 * @typedef {object} Spent
 * @property {number} cpuSeconds during the transfer
 * @property {number} peakBytes since the process began
 */

/**
 * Both processes stay: they are as warm as in a program that runs for long.
 * @param {import('./processes.mjs').NodeProcess} seed that serves the torrent at `address`
 * @param {import('./processes.mjs').NodeProcess} downloader
 * @param {{ address: { host: string, port: number }, torrent: string, dir: string, bytes: number }} options
 *   `dir` is an empty folder
 * @returns {Promise<Transfer>}
 */
export async function transfer(seed, downloader, { address, torrent, dir, bytes }) {
  await downloader.ask('prepare', { torrent, dir });
  const before = await usages(seed, downloader);
  const { seconds } = await downloader.ask('download', address);
  const after = await usages(seed, downloader);
  await downloader.ask('drop');
  return { seconds, bytes, seed: spent(before[0], after[0]), download: spent(before[1], after[1]) };
}

/** @param {readonly import('./processes.mjs').Process[]} processes */
export function usages(...processes) {
  return Promise.all(processes.map(process => process.usage()));
}

/** @param {import('./usage.mjs').Usage} before @param {import('./usage.mjs').Usage} after @returns {Spent} */
export function spent(before, after) {
  return { cpuSeconds: after.cpuSeconds - before.cpuSeconds, peakBytes: after.peakBytes };
}

/** @param {Transfer} transfer */
export function bytesPerSecond({ bytes, seconds }) {
  return bytes / seconds;
}
