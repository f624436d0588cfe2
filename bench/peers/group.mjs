// One other engine and millrace: each to itself, and both ways between them, in turn.
import { networkInterfaces } from 'node:os';
import { alternate, roundName } from '../lib/pairs.mjs';
import { assertSameBytes, writeTorrent } from '../lib/payload.mjs';
import { spent, usages } from '../lib/transfer.mjs';
import { millrace } from './millrace.mjs';
import { Rendezvous } from './rendezvous.mjs';

const LOOPBACK = '127.0.0.1';

/** Of an engine whose transfers take half a minute; they differ by less than 3 %. */
const SLOW_SAMPLES = 3;

/**
 * @typedef {object} Group
 * @property {string} name of the engine
 * @property {string} version
 * @property {number} bytes
 * @property {number} pieceLength
 * @property {number} samples rounds
 * @property {import('../lib/pairs.mjs').Rounds<import('../lib/transfer.mjs').Transfer>} rounds
 * @property {readonly Pair[]} pairs that worked; `rounds` has their results by name
 * @property {Readonly<Record<string, string>>} failures by name of the pair
 */

/**
 * @param {import('../lib/part.mjs').Context} context
 * @param {import('./client.mjs').Client} client
 * @param {{ payload: string, seedDir: string, bytes: number, pieceLength: number }} options
 * @returns {Promise<Group>}
 */
export async function runGroup(context, client, { payload, seedDir, bytes, pieceLength }) {
  const { quick, workspace, processes, signal, progress } = context;
  const samples = client.slow ? Math.min(context.samples, SLOW_SAMPLES) : context.samples;
  const host = client.shunsLoopback ? ownAddress() : LOOPBACK;
  const rendezvous = await Rendezvous.open(host);
  const torrent = workspace.path('plain.torrent');
  const trackedTorrent = workspace.path('tracked.torrent');
  await writeTorrent(payload, torrent, { pieceLength });
  await writeTorrent(payload, trackedTorrent, { pieceLength, announce: rendezvous.url });
  const start = async (which, role, dir, label) => {
    const scratch = await workspace.fresh(`scratch-${label}`);
    return which[role]({ processes, torrent, trackedTorrent, dir, host, scratch });
  };

  const seeds = {};
  const downloaders = {};
  const failures = {};
  const checked = new Set();
  const run = async ({ name, from, to, cold }) => {
    seeds[from.name] ??= await start(from, 'seed', seedDir, `seed-${from.name}`);
    const seed = seeds[from.name];
    rendezvous.seed = seed.address;
    const dir = await workspace.fresh('download');
    const label = `downloader-${pairs.findIndex(pair => pair.name === name)}`;
    const downloader = downloaders[name] ?? (await start(to, 'downloader', dir, label));
    downloaders[name] = downloader;
    await downloader.prepare();
    const before = await usages(seed.process, downloader.process);
    const { seconds } = await downloader.process.within(
      downloader.download(seed.address),
      'end of the download',
    );
    const after = await usages(seed.process, downloader.process);
    if (!checked.has(name)) await assertSameBytes(payload, workspace.path('download', 'payload.bin'));
    checked.add(name);
    if (cold) await end(name);
    else await downloader.drop();
    return { seconds, bytes, seed: spent(before[0], after[0]), download: spent(before[1], after[1]) };
  };
  const end = async name => {
    await downloaders[name]?.process.kill();
    delete downloaders[name];
  };

  const pairs = pairsOf(client);
  const variants = {};
  for (const pair of pairs) {
    const { name } = pair;
    variants[name] = async () => {
      try {
        return await run(pair);
      } catch (error) {
        signal.throwIfAborted();
        failures[name] = error.message;
        delete variants[name]; // the others go on without it
        await end(name);
        return undefined;
      }
    };
  }
  try {
    const rounds = await alternate(variants, {
      samples,
      warm: quick || client.slow ? 0 : 1,
      signal,
      onRun: (name, round) => progress(`${name}, ${roundName(round, samples)}`),
    });
    const version = client.version();
    const worked = pairs.filter(({ name }) => name in variants);
    return { name: client.name, version, bytes, pieceLength, samples, rounds, pairs: worked, failures };
  } finally {
    const all = [...Object.values(seeds), ...Object.values(downloaders)];
    await Promise.all(all.map(({ process }) => process.kill()));
    rendezvous.close();
    await workspace.fresh('download');
  }
}

/**
 * @typedef {object} Pair
 * @property {string} name
 * @property {import('./client.mjs').Client} from
 * @property {import('./client.mjs').Client} to
 * @property {boolean} cold each transfer in a fresh process
 */

/** @param {import('./client.mjs').Client} client @returns {Pair[]} */
function pairsOf(client) {
  const pair = (from, to, cold = false) => ({ name: pairName(from, to, cold), from, to, cold });
  return [
    pair(client, client),
    pair(client, millrace),
    pair(millrace, client),
    pair(millrace, millrace),
    pair(millrace, millrace, true),
  ];
}

/** @param {{ name: string }} from @param {{ name: string }} to @param {boolean} [cold] */
export function pairName(from, to, cold = false) {
  return `${from.name} → ${to.name}${cold ? ', cold' : ''}`;
}

/** An address of this machine that is not 127.0.0.0/8; traffic to it stays inside all the same. */
function ownAddress() {
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { family, internal, address } of addresses ?? [])
      if (family === 'IPv4' && !internal) return address;
  }
  throw new Error('it never connects to 127.0.0.0/8, and this machine has no other address');
}
