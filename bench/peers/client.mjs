// What the suite wants of an engine, be it ours or another.
import { spawnSync } from 'node:child_process';

/**
 * @typedef {object} Client
 * @property {string} name
 * @property {number} share of the payload that is transferred, 1 for all: less for engines that would take minutes
 * @property {string} [slow] why its transfers take so long that `--quick` leaves them out
 * @property {boolean} [shunsLoopback] it never connects to 127.0.0.0/8
 * @property {() => string | undefined} missing why it cannot run here
 * @property {() => string} version
 * @property {(context: StartContext) => Promise<ClientSeed>} seed serves the file in `dir`; resolves when it listens
 * @property {(context: StartContext) => Promise<ClientDownloader>} downloader a process without a torrent
 *
 * @typedef {object} StartContext
 * @property {import('../lib/processes.mjs').Processes} processes
 * @property {string} torrent without trackers
 * @property {string} trackedTorrent the same, with the tracker that tells where the seed is
 * @property {string} dir of the file
 * @property {string} host to listen on
 * @property {string} scratch an empty folder for the client's own files
 *
 * @typedef {object} ClientSeed
 * @property {import('../lib/processes.mjs').Process} process
 * @property {{ host: string, port: number }} address
 *
 * @typedef {object} ClientDownloader does its three steps again and again
 * @property {import('../lib/processes.mjs').Process} process
 * @property {() => Promise<void>} prepare everything but the dial; `dir` of its context is empty
 * @property {(address: { host: string, port: number }) => Promise<{ seconds: number }>} download from the first byte
 *   to the last verified piece
 * @property {() => Promise<void>} drop forgets the torrent and lets go of its files; the process stays
 */

/** Why a program cannot be used, or undefined. @param {string} command @param {readonly string[]} args that only ask */
export function missingProgram(command, args, debianPackage) {
  const { status } = spawnSync(command, args, { stdio: 'ignore' });
  return status === 0 ? undefined : `${command} does not run; Debian's package is ${debianPackage}`;
}

/** First thing in what a program prints that looks like a version. @param {string} command @param {readonly string[]} args */
export function programVersion(command, args) {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return /\d+\.\d+(\.\d+)*/.exec(`${stdout}${stderr}`)?.[0] ?? 'unknown';
}

/** Resolves once something is so that can only be asked for. @param {() => Promise<boolean>} condition */
export async function until(condition, what, timeoutMs = 20_000) {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`${what} is not over after ${timeoutMs / 1000} s`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

/**
 * Seconds from the first byte to the last verified piece, for clients that can only be asked how far they are.
 * @param {() => Promise<{ started: boolean, finished: boolean }>} look
 */
export async function timeByLooking(look, timeoutMs = 180_000) {
  const deadlineMs = performance.now() + timeoutMs;
  let startMs;
  for (;;) {
    const { started, finished } = await look();
    const nowMs = performance.now();
    if (started) startMs ??= nowMs;
    if (finished) return { seconds: (nowMs - startMs) / 1000 };
    if (nowMs > deadlineMs) throw new Error(`the download is not over after ${timeoutMs / 1000} s`);
    await new Promise(resolve => setTimeout(resolve, startMs === undefined ? 5 : 20));
  }
}
