// Time and memory of the simulator (fidelity `piece`) as peers and pieces grow.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { lineChart } from '../lib/charts.mjs';
import { duration, group, size } from '../lib/format.mjs';
import { fitPower } from '../lib/stats.mjs';

const PROCESS = new URL('simulation-process.mjs', import.meta.url).pathname;

/** Peers and pieces. */
const QUICK = [
  [30, 64],
  [100, 128],
  [300, 128],
];
const FULL = [
  [100, 256],
  [300, 256],
  [1000, 256],
  [1000, 1024],
];
/** What the simulator is meant to bear: 20 s; 90 s and 2 GB; 6 min and 8 GB, on one core. */
export const LARGE = [
  [1000, 1024],
  [10_000, 256],
  [100_000, 64],
];

/** @param {readonly number[]} swarm peers and pieces @param {AbortSignal} [signal] */
async function runSwarm([peers, pieces], signal) {
  const { stdout } = await promisify(execFile)(process.execPath, [PROCESS, `${peers}`, `${pieces}`], {
    signal,
  });
  return JSON.parse(stdout);
}

/**
 * @param {readonly (readonly number[])[]} swarms
 * @param {{ signal?: AbortSignal, progress: (text: string) => void }} context
 */
export async function growSwarms(swarms, { signal, progress }) {
  const results = [];
  for (const swarm of swarms) {
    progress(`${group(swarm[0])} simulated peers with ${group(swarm[1])} pieces`);
    results.push(await runSwarm(swarm, signal));
  }
  const fit = fitPower(results.map(({ peers, pieces, seconds }) => [peers * pieces, seconds]));
  return { results, fit, table: tableOf(results, fit) };
}

function tableOf(results, fit) {
  return {
    title: 'Time of a simulated swarm',
    columns: [
      'peers',
      'pieces',
      'peers × pieces',
      'time',
      'a piece of a peer',
      'peak memory',
      'last peer, of the bound',
    ],
    rows: results.map(({ peers, pieces, seconds, rssBytes, last }) => [
      ...[group(peers), group(pieces), group(peers * pieces), duration(seconds)],
      ...[duration(seconds / (peers * pieces)), size(rssBytes), last.toFixed(3)],
    ]),
    notes: [`growth exponent over peers × pieces: ${fit.exponent.toFixed(2)}; 1 is in proportion`],
  };
}

/** @param {import('../lib/part.mjs').Context} context */
export async function scaleSimulation({ quick, signal, progress }) {
  const { results, fit, table } = await growSwarms(quick ? QUICK : FULL, { signal, progress });
  return {
    method:
      'Simulated swarms: one seed, all peers at once, equal rates, profile classic, fidelity `piece`, one process each, one core. `node bench/scale/growth.mjs` runs the large ones.',
    tables: [table],
    charts: [
      {
        name: 'scale-simulation',
        title: 'Time of a simulated swarm',
        svg: lineChart({
          title: 'Time of a simulated swarm',
          subtitle: 'One run each',
          xTitle: 'peers × pieces',
          yTitle: 'seconds',
          log: true,
          series: [
            {
              name: 'classic',
              fit,
              points: results.map(({ peers, pieces, seconds }) => [peers * pieces, seconds]),
            },
          ],
        }),
      },
    ],
    figures: [],
    data: { results, fit },
  };
}
