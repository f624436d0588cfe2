// One seed and its downloaders, each on its host: everybody is up, then the seed begins.
import { cpuTimes } from './cpu-times.mjs';
import { Peer } from './peer.mjs';

export const TRACKER = 'tracker';
export const SEED = 'seed';

/** As under `millrace swarm`: peers that missed each other at the start meet soon. */
const ANNOUNCE_SECONDS = 10;
const PORT = 6881;
const TRACKER_PORT = 6969;
/** Processes and hashing of what the seed has: nothing is shaped yet. */
const START_MS = 60_000;

/** The tracker's host has a link without limits. @param {import('./options.mjs').Scenario} scenario */
export function hostsOf({ seedUp, seedDown, ups, downs }) {
  return [
    { id: TRACKER, up: 0, down: 0 },
    { id: SEED, up: seedUp, down: seedDown },
    ...ups.map((up, i) => ({ id: `peer${i + 1}`, up, down: downs[i] })),
  ];
}

/** @param {import('./network.mjs').Network} network */
export function announceUrl(network) {
  return `http://${network.address(TRACKER)}:${TRACKER_PORT}/announce`;
}

/** @param {import('./network.mjs').Network} network */
export async function startTracker(network) {
  const ports = ['--http-port', `${TRACKER_PORT}`, '--udp-port', '0'];
  const host = network.address(TRACKER);
  const args = ['tracker', '--host', host, ...ports, '--interval', `${ANNOUNCE_SECONDS}`];
  const tracker = new Peer(network, TRACKER, args);
  await tracker.event('listening', START_MS);
  return tracker;
}

/**
 * @typedef {object} Finish what became of a downloader
 * @property {string} id
 * @property {number} [seconds] from the moment that the seed begins; absent when it did not finish
 * @property {string} [error]
 * @property {object} [limitedBy]
 */

/**
 * @param {object} race
 * @param {import('./network.mjs').Network} race.network
 * @param {import('./options.mjs').Scenario} race.scenario
 * @param {string} race.torrent
 * @param {string} race.seedDir
 * @param {(id: string) => string} race.dirOf folder of a downloader
 * @param {(name: string, fields: object) => void} race.emit
 */
export async function runRace({ network, scenario, torrent, seedDir, dirOf, emit }) {
  const start = (id, command, dir, more = []) => {
    const address = ['--host', network.address(id), '--port', `${PORT}`];
    // Many processes share the CPUs: one thread each. Links limit the rates, not the engine.
    const common = [
      '--dir',
      dir,
      ...address,
      '--no-state',
      '--workers',
      '1',
      '--supervised',
      '--no-dht',
      '--no-lsd',
    ];
    const onEvent = ({ event, done, total, down, up, peers }) =>
      event === 'progress' && emit('progress', { id, done, total, down, up, peers });
    return new Peer(network, id, [command, torrent, ...common, ...more, ...scenario.peerArgs], onEvent);
  };
  const seed = start(SEED, 'seed', seedDir);
  const leechers = scenario.ups
    .map((_, i) => `peer${i + 1}`)
    .map(id => start(id, 'download', dirOf(id), ['--stay']));
  const peers = [seed, ...leechers];
  const listening = peers.map(peer => peer.event('listening', START_MS));
  for (const leecher of leechers) leecher.go();
  await Promise.all(listening);

  const completions = leechers.map(leecher => leecher.event('complete', scenario.timeoutMs));
  const before = await cpuTimes(peers);
  const startMs = performance.now();
  seed.go();
  const finishes = await Promise.all(
    leechers.map(async ({ id }, i) => {
      try {
        const seconds = ((await completions[i]) - startMs) / 1000;
        emit('complete', { id, bytes: scenario.size, seconds, rate: scenario.size / seconds });
        return { id, seconds };
      } catch (error) {
        emit('error', { code: 'ERR_CHILD', message: error.message, id });
        return { id, error: error.message };
      }
    }),
  );
  const alive = peers.filter(peer => !peer.exited);
  const cpu = (await cpuTimes(alive)).since(before);
  const wire = wireOf(network, peers);
  await Promise.all(peers.map(peer => peer.leave()));
  return {
    seed: seed.latest,
    finishes: finishes.map((finish, i) => ({ ...finish, limitedBy: leechers[i].latest.limitedBy })),
    cpu,
    wire,
  };
}

/** What all links of peers sent, for the share that is no payload. */
function wireOf(network, peers) {
  const all = peers.map(({ id }) => network.sent(id));
  const sum = field => all.reduce((total, one) => total + one[field], 0);
  return { bytes: sum('bytes'), drops: sum('drops') };
}
