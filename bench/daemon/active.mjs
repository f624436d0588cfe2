// A daemon that uploads 1,000 torrents to two peers each: `node bench/daemon/active.mjs [--count N]`.
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { figure, group } from '../lib/format.mjs';
import { Processes } from '../lib/processes.mjs';
import { median } from '../lib/stats.mjs';
import { renderText } from '../lib/table.mjs';
import { Workspace } from '../lib/workspace.mjs';
import { millrace } from './daemons.mjs';
import { addAll, allSeeding, LIST_FIELDS, toggleLoopProbe } from './measure.mjs';
import { makeLinked } from './torrents.mjs';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '30' },
    dir: { type: 'string' },
  },
});

/** Each connection stays busy for a minute and a half: 512 KiB at this rate. */
const TORRENT_BYTES = 512 * 1024;
const RATE = 5500;
const CONNECT_TIMEOUT_MS = 60_000;
/** As a remote control looks. */
const LOOK_MS = 1000;
/** Rates of peers are smooth after that. */
const SETTLE_MS = 5000;

const count = Number(values.count);
const seconds = Number(values.seconds);
const processes = new Processes();
const workspace = await Workspace.open(values.dir);
const tell = text => process.stderr.write(`${text}\n`);

try {
  const torrents = await makeLinked(await workspace.fresh('data'), count, TORRENT_BYTES);
  const daemon = await millrace.start({ processes, workspace });
  tell(`adding ${group(count)} torrents`);
  await addAll(daemon, torrents);
  await allSeeding(daemon, count);

  tell('connecting two peers for each');
  const peers = processes.node(new URL('peers-process.mjs', import.meta.url));
  const [host, port] = daemon.peers.split(':');
  await peers.ask('download', {
    ...{ dir: await workspace.fresh('peers'), address: { host, port: Number(port) }, down: RATE },
    torrents: torrents.map(torrent => Buffer.from(torrent).toString('base64')),
  });
  const connected = await allConnected(peers, 2 * count);
  await pause(SETTLE_MS);

  tell(`measuring for ${seconds} s`);
  await toggleLoopProbe(daemon);
  const [before, sentBefore] = [await daemon.usage(), await peers.ask('look')];
  const startMs = performance.now();
  const times = await lookOn(daemon, startMs + seconds * 1000);
  const tookSeconds = (performance.now() - startMs) / 1000;
  const [after, sentAfter] = [await daemon.usage(), await peers.ask('look')];
  const loop = await toggleLoopProbe(daemon);
  const rate = (sentAfter.downloaded - sentBefore.downloaded) / tookSeconds;
  await peers.kill();
  const stopSeconds = await daemon.stop();

  const rows = [
    ['connections', '', group(connected), ''],
    ['upload', 'MB/s', figure(rate / 1e6), ''],
    ['CPU', '% of a core', figure((100 * (after.cpuSeconds - before.cpuSeconds)) / tookSeconds), ''],
    ['memory', 'MB', figure(after.rssBytes / 1e6), ''],
    ['longest turn of the event loop, CPU time', 'ms', figure(loop.busy), judge(loop.busy, 50)],
    ['event loop late, median', 'ms', figure(loop.p50), ''],
    ['99 %', 'ms', figure(loop.p99), ''],
    ['most', 'ms', figure(loop.max), ''],
    ['list of all, once a second, median', 'ms', figure(median(times)), ''],
    ['slowest', 'ms', figure(Math.max(...times)), ''],
    ['stop', 's', figure(stopSeconds), ''],
  ];
  console.log(
    renderText({
      title: `${group(count)} torrents with two peers each, for ${seconds} s`,
      columns: ['what', 'unit', 'measured', 'target'],
      left: [1, 3],
      rows,
    }),
  );
} finally {
  await processes.close();
  await workspace.remove();
}

function judge(value, most) {
  return `${value <= most ? 'met' : 'not met'}: ≤ ${most}`;
}

async function allConnected(peers, wanted) {
  const deadlineMs = performance.now() + CONNECT_TIMEOUT_MS;
  for (;;) {
    const { peers: connected } = await peers.ask('look');
    if (connected >= wanted || performance.now() > deadlineMs) return connected;
    await pause(500);
  }
}

/** @returns milliseconds of each list */
async function lookOn(daemon, endMs) {
  const connection = daemon.connect();
  const times = [];
  try {
    while (performance.now() < endMs) {
      const startMs = performance.now();
      await connection.call('torrent-get', { fields: LIST_FIELDS });
      times.push(performance.now() - startMs);
      await pause(LOOK_MS);
    }
  } finally {
    connection.close();
  }
  return times;
}
