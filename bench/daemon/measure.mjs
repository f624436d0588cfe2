// What both daemon benches ask of a daemon.
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { RpcConnection } from './rpc.mjs';

/** A status page, and every remote control, asks for about these. */
export const LIST_FIELDS = [
  ...['id', 'hashString', 'name', 'status', 'error', 'errorString'],
  ...['percentDone', 'sizeWhenDone', 'rateDownload', 'rateUpload', 'peersConnected', 'uploadRatio'],
];

const CONNECTIONS = 8;
const SEEDING = 6;

/** Adds all of them over several connections. @param {readonly Uint8Array[]} torrents @returns seconds */
export async function addAll(daemon, torrents) {
  const startMs = performance.now();
  let next = 0;
  await onConnections(daemon, async connection => {
    for (let i = next++; i < torrents.length; i = next++)
      await connection.call('torrent-add', { metainfo: Buffer.from(torrents[i]).toString('base64') });
  });
  return (performance.now() - startMs) / 1000;
}

/** Resolves when so many are seeding. @returns seconds */
export async function allSeeding(daemon, count, timeoutMs = 600_000) {
  const startMs = performance.now();
  const connection = daemon.connect();
  try {
    for (;;) {
      const { torrents } = await connection.call('torrent-get', { fields: ['status'] });
      if (torrents.filter(({ status }) => status === SEEDING).length === count)
        return (performance.now() - startMs) / 1000;
      if (performance.now() - startMs > timeoutMs)
        throw new Error(`${torrents.length} torrents of ${count}: ${statuses(torrents)}`);
      await pause(250);
    }
  } finally {
    connection.close();
  }
}

function statuses(torrents) {
  const counts = new Map();
  for (const { status } of torrents) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} of status ${status}`).join(', ');
}

/** Lists all torrents again and again. @returns {Promise<{ times: number[], bytes: number }>} milliseconds each */
export async function timeLists(daemon, rounds) {
  const connection = daemon.connect();
  try {
    await connection.call('session-get');
    const request = connection.request(
      JSON.stringify({ method: 'torrent-get', arguments: { fields: LIST_FIELDS } }),
    );
    const times = [];
    let bytes = 0;
    for (let round = 0; round < rounds; round++) {
      const startMs = performance.now();
      bytes = (await connection.send(request)).length;
      times.push(performance.now() - startMs);
    }
    return { times, bytes };
  } finally {
    connection.close();
  }
}

/** Asks for one torrent as fast as it answers. @returns requests a second, and CPU of the daemon for each in µs */
export async function countRequests(daemon, seconds) {
  let answered = 0;
  const before = await daemon.usage();
  const startMs = performance.now();
  const endMs = startMs + seconds * 1000;
  await onConnections(daemon, async connection => {
    await connection.call('session-get');
    const request = connection.request(
      JSON.stringify({ method: 'torrent-get', arguments: { fields: LIST_FIELDS, ids: [1] } }),
    );
    for (; performance.now() < endMs; answered++) await connection.send(request);
  });
  const tookMs = performance.now() - startMs;
  const after = await daemon.usage();
  return {
    perSecond: (answered * 1000) / tookMs,
    cpuMicros: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / answered,
  };
}

/** Shares of a core and memory while nothing is asked. */
export async function watchUsage(daemon, seconds) {
  const before = await daemon.usage();
  await pause(seconds * 1000);
  const after = await daemon.usage();
  return { cpuShare: (after.cpuSeconds - before.cpuSeconds) / seconds, rssBytes: after.rssBytes };
}

/**
 * The first call begins to watch the event loop of a daemon of ours, the next one ends it and tells: how late timers
 * came, and `busy`, the CPU time of the longest turn, which others on the machine do not lengthen.
 * @returns {Promise<{ p50: number, p99: number, max: number, busy: number }>} milliseconds
 */
export async function toggleLoopProbe(daemon) {
  await rm(daemon.probeFile, { force: true });
  daemon.process.child.kill('SIGUSR2');
  for (;;) {
    const text = await readFile(daemon.probeFile, 'utf8').catch(() => undefined);
    if (text !== undefined) return JSON.parse(text);
    await pause(10);
  }
}

async function onConnections(daemon, work) {
  const connections = Array.from({ length: CONNECTIONS }, () => new RpcConnection(daemon.url));
  try {
    await Promise.all(connections.map(work));
  } finally {
    for (const connection of connections) connection.close();
  }
}
