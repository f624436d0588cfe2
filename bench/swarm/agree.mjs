// The same swarm twice: as processes on this machine, and in virtual time.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { simulate } from 'millrace/sim';
import { writePayload } from '../lib/payload.mjs';

const run = promisify(execFile);
const PROGRAM = new URL('../../bin/millrace.js', import.meta.url).pathname;

/** Between processes of one machine: the loopback device and two event loops. */
const LATENCY_MS = 1;

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {number} leechers
 * @property {number} fileBytes
 * @property {number} pieceLength
 * @property {number} seedUp bytes a second, as all rates
 * @property {readonly number[]} up dealt out in turn
 * @property {number} down
 * @property {'classic' | 'cluster'} profile
 */

/** @param {Case} one @param {string} dir to work in */
export async function runReal({ leechers, fileBytes, pieceLength, seedUp, up, down, profile }, dir) {
  const file = join(dir, 'payload.bin');
  await writePayload(file, fileBytes);
  const { stdout } = await run(process.execPath, [
    ...[PROGRAM, 'swarm', file, '--leechers', `${leechers}`, '--piece-length', `${pieceLength}`],
    ...['--seed-up', `${seedUp}`, '--up', up.join(','), '--down', `${down}`],
    ...['--profile', profile, '--dir', join(dir, 'swarm'), '--json'],
  ]);
  const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  return {
    median: result.median,
    last: result.last,
    bound: result.bound.peerToPeer,
    copies: result.seed.copies,
  };
}

/** @param {Case} one @param {number} [seed] */
export function runVirtual({ leechers, fileBytes, pieceLength, seedUp, up, down, profile }, seed = 1) {
  const { completion, seeds } = simulate({
    ...{ fileBytes, pieceLength, seedUp, profile, seed },
    groups: [{ name: 'peers', peers: leechers, up, down }],
    fidelity: 'block',
    latencyMs: LATENCY_MS,
  });
  return { median: completion.median, last: completion.last, copies: seeds.copies };
}
