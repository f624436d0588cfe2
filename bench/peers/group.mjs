// One other engine and millrace: each to itself, and both ways between them, in turn.
import { networkInterfaces } from 'node:os';
import { alternate, roundName } from '../lib/pairs.mjs';
import { assertSameBytes, writeTorrent } from '../lib/payload.mjs';
import { spent, usages } from '../lib/transfer.mjs';
import { millrace } from './millrace.mjs';
import { Rendezvous } from './rendezvous.mjs';

const LOOPBACK = '127.0.0.1';

/**
 * @typedef {object} Group
 * @property {string} name of the engine
 * @property {string} version
 * @property {number} bytes
 * @property {number} pieceLength
 * @property {import('../lib/pairs.mjs').Rounds<import('../lib/transfer.mjs').Transfer>} rounds
 * @property {readonly string[]} pairs names in `rounds` that worked
 * @property {Readonly<Record<string, string>>} failures by pair
 */

/**
 * @param {import('../lib/part.mjs').Context} context
 * @param {import('./client.mjs').Client} client
 * @param {{ payload: string, seedDir: string, bytes: number, pieceLength: number }} options
 * @returns {Promise<Group>}
 */
export async function runGroup(context, client, { payload, seedDir, bytes, pieceLength }) {
  const { quick, samples, workspace, processes, signal, progress } = context;
  const host = client.shunsLoopback ? ownAddress() : LOOPBACK;
  const rendezvous = await Rendezvous.open(host);
  const torrent = workspace.path('plain.torrent');
  const trackedTorrent = workspace.path('tracked.torrent');
  await writeTorrent(payload, torrent, { pieceLength });
  await writeTorrent(payload, trackedTorrent, { pieceLength, announce: rendezvous.url });
  const start = async (which, role, dir) => {
    const scratch = await workspace.fresh(`scratch-${which.name}-${role}`);
    return which[role]({ processes, torrent, trackedTorrent, dir, host, scratch });
  };

  const seeds = {};
  const failures = {};
  const checked = new Set();
  const run = async (from, to, pair) => {
    seeds[from.name] ??= await start(from, 'seed', seedDir);
    const seed = seeds[from.name];
    rendezvous.seed = seed.address;
    const dir = await workspace.fresh('download');
    const downloader = await start(to, 'downloader', dir);
    try {
      const before = await usages(seed.process, downloader.process);
      const { seconds } = await downloader.process.within(
        downloader.download(seed.address),
        'end of the download',
      );
      const after = await usages(seed.process, downloader.process);
      if (!checked.has(pair)) await assertSameBytes(payload, workspace.path('download', 'payload.bin'));
      checked.add(pair);
      return { seconds, bytes, seed: spent(before[0], after[0]), download: spent(before[1], after[1]) };
    } finally {
      await downloader.process.kill();
    }
  };

  const variants = {};
  for (const [from, to] of [
    [client, client],
    [client, millrace],
    [millrace, client],
    [millrace, millrace],
  ]) {
    const pair = pairName(from, to);
    variants[pair] = async () => {
      try {
        return await run(from, to, pair);
      } catch (error) {
        signal.throwIfAborted();
        failures[pair] = error.message;
        delete variants[pair]; // the others go on without it
        return undefined;
      }
    };
  }
  try {
    const rounds = await alternate(variants, {
      samples,
      warm: quick || client.slow ? 0 : 1,
      signal,
      onRun: (pair, round) => progress(`${pair}, ${roundName(round, samples)}`),
    });
    const version = client.version();
    return { name: client.name, version, bytes, pieceLength, rounds, pairs: Object.keys(variants), failures };
  } finally {
    await Promise.all(Object.values(seeds).map(seed => seed.process.kill()));
    rendezvous.close();
    await workspace.fresh('download');
  }
}

/** @param {{ name: string }} from @param {{ name: string }} to */
export function pairName(from, to) {
  return `${from.name} → ${to.name}`;
}

/** An address of this machine that is not 127.0.0.0/8; traffic to it stays inside all the same. */
function ownAddress() {
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { family, internal, address } of addresses ?? [])
      if (family === 'IPv4' && !internal) return address;
  }
  throw new Error('it never connects to 127.0.0.0/8, and this machine has no other address');
}
