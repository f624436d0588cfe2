// Many complete torrents that nobody asks for: what a seed box keeps all day. Beside libtorrent where it is installed.
import { randomFillSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createMetainfo } from 'millrace/protocol';
import { figure, group, spread } from '../lib/format.mjs';
import { alternate, roundName } from '../lib/pairs.mjs';
import { figureOf } from '../lib/part.mjs';
import { writeSparse } from '../lib/payload.mjs';
import { inUnits } from '../lib/stats.mjs';
import { libtorrent } from '../peers/libtorrent.mjs';

const PIECES = 1000;
const PIECE_BYTES = 16 * 1024;

/** Adding 10,000 torrents should take seconds. */
const ADD_TIMEOUT_MS = 120_000;

/** @param {import('../lib/part.mjs').Context} context */
export async function measureIdle({ quick, samples, workspace, processes, signal, progress }) {
  const count = quick ? 1000 : 10_000;
  const idleSeconds = quick ? 2 : 5;
  const dir = await workspace.fresh('idle');
  progress(`making ${group(count)} torrents`);
  for (let i = 0; i < count; i++) {
    signal.throwIfAborted();
    await writeIdleTorrent(dir, i);
  }
  const variants = { millrace: () => idle(() => startIdle(processes), { dir, count, idleSeconds }) };
  const missing = libtorrent.missing();
  if (missing === undefined) {
    variants.libtorrent = () => idle(() => libtorrent.startIdle(processes), { dir, count, idleSeconds });
  }
  const most = Math.min(samples, quick ? 1 : 3);
  const rounds = await alternate(variants, {
    samples: most,
    warm: 0,
    signal,
    onRun: (name, round) => progress(`${group(count)} idle torrents in ${name}, ${roundName(round, most)}`),
  });
  await workspace.fresh('idle');

  const names = Object.keys(variants);
  const results = names.map(name => ({
    name,
    all: rounds.summary(name, ({ rss }) => rss),
    each: rounds.summary(name, ({ grown }) => grown / count),
    seconds: rounds.summary(name, ({ seconds }) => seconds),
    cpu: rounds.summary(name, ({ cpuShare }) => cpuShare),
  }));
  return {
    method: `Idle torrents: ${group(count)} complete torrents of ${group(PIECES)} pieces each are added from files, 16 at a time (libtorrent takes one after the other), and trusted; then nothing happens for ${idleSeconds} s. In all is the resident memory of the process, each what a torrent added to it.`,
    tables: [
      {
        title: `${group(count)} idle torrents`,
        columns: ['engine', 'MB in all', 'kB each', 's to add', '% of a core when idle'],
        rows: [
          ...results.map(({ name, all, each, seconds, cpu }) => [
            name,
            spread(all, 1e6),
            figure(each.median / 1e3),
            spread(seconds),
            figure(cpu.median * 100),
          ]),
          ...(missing === undefined ? [] : [['libtorrent', 'absent', '', '', '']]),
        ],
        notes: missing === undefined ? [] : [`libtorrent is absent: ${missing}`],
      },
    ],
    charts: [],
    figures: results.flatMap(({ name, all, each, seconds, cpu }) => [
      figureOf(`memory.idle.${name}.all`, all, 'B', 'lower'),
      figureOf(`memory.idle.${name}.each`, each, 'B', 'lower', name === 'millrace' ? 0.3 : undefined),
      figureOf(`memory.idle.${name}.add`, inUnits(seconds, 1), 's', 'lower'),
      figureOf(`memory.idle.${name}.cpu`, cpu, 'core', 'lower'),
    ]),
    data: { count, idleSeconds, rounds: rounds.rounds },
  };
}

function startIdle(processes) {
  return processes.node(new URL('idle-process.mjs', import.meta.url));
}

async function idle(start, { dir, count, idleSeconds }) {
  const process = start();
  try {
    await process.ask('open');
    const before = await process.usage();
    const { seconds } = await process.ask('add', { dir, count }, ADD_TIMEOUT_MS);
    await pause(1000); // what is still to be done after the last one is not idling
    const quiet = await process.usage();
    await pause(idleSeconds * 1000);
    const after = await process.usage();
    return {
      seconds,
      rss: after.rssBytes,
      grown: after.rssBytes - before.rssBytes,
      cpuShare: (after.cpuSeconds - quiet.cpuSeconds) / idleSeconds,
    };
  } finally {
    await process.stop();
  }
}

async function writeIdleTorrent(dir, i) {
  const name = `${i}.bin`;
  const length = PIECES * PIECE_BYTES;
  const pieces = randomFillSync(new Uint8Array(20 * PIECES));
  const files = [{ path: [name], length }];
  await writeSparse(`${dir}/${name}`, length);
  const bytes = createMetainfo({ name, files, singleFile: true, pieceLength: PIECE_BYTES, pieces });
  await writeFile(`${dir}/${i}.torrent`, bytes);
}

function pause(ms) {
  return new Promise(resolve => setTimeout(resolve, ms));
}
