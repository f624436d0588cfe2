// Throughput and CPU of one seed as its connections grow.
import { lineChart } from '../lib/charts.mjs';
import { Crowd, DEPTH } from '../lib/crowd.mjs';
import { figure, group, size, spread } from '../lib/format.mjs';
import { alternate, roundName } from '../lib/pairs.mjs';
import { figureOf } from '../lib/part.mjs';
import { writeTorrent } from '../lib/payload.mjs';
import { fitPower, inUnits } from '../lib/stats.mjs';

const CONNECTIONS = [1, 10, 100, 500];
const KiB = 1024;
const GB = 1e9;
const TOLERANCE = 0.35;

/**
 * @param {import('../lib/part.mjs').Context} context
 * @param {{ payload: string, dir: string, bytes: number }} options
 */
export async function scaleConnections(context, { payload, dir, bytes }) {
  const { samples, workspace, processes, signal, progress } = context;
  const pieceLength = 256 * KiB;
  const { torrent, metainfo } = await writeTorrent(payload, workspace.path('crowd.torrent'), { pieceLength });
  const crowd = await Crowd.open(processes, { torrent, dir, metainfo });
  const variants = Object.fromEntries(
    CONNECTIONS.map(connections => [
      connections,
      async () => {
        await crowd.connect(connections);
        const result = await crowd.fetch(bytes);
        await crowd.disconnect();
        return result;
      },
    ]),
  );
  const rounds = await alternate(variants, {
    samples,
    signal,
    onRun: (name, round) => progress(`${name} connections, ${roundName(round, samples)}`),
  });
  await crowd.stop();

  const results = CONNECTIONS.map(connections => ({
    connections,
    rate: rounds.summary(String(connections), result => result.bytes / result.seconds),
    cpu: rounds.summary(String(connections), result => result.seedCpuSeconds / result.bytes),
    crowdCpu: rounds.summary(String(connections), result => result.peersCpuSeconds / result.bytes),
    rejected: rounds.summary(String(connections), result => result.rejected),
  }));
  const rateFit = fitPower(results.map(({ connections, rate }) => [connections, rate.median]));
  const cpuFit = fitPower(results.map(({ connections, cpu }) => [connections, cpu.median]));
  const most = CONNECTIONS.at(-1);
  const ratio = rounds.ratio(String(most), '1', result => result.bytes / result.seconds);
  return {
    method: `Connections: ${size(bytes)} in all go from one seed to a process with 1 to ${most} light peers that throw them away, each on pieces of its own. Each keeps ${DEPTH} requests under way. The peers run on the same cores, their CPU is listed beside that of the seed.`,
    tables: [
      {
        title: 'Connections to one seed',
        columns: ['connections', 'MB/s in all', 'CPU s/GB seed', 'CPU s/GB peers', 'rejected'],
        rows: results.map(({ connections, rate, cpu, crowdCpu, rejected }) => [
          group(connections),
          spread(rate, 1e6),
          spread(cpu, 1 / GB),
          figure(crowdCpu.median * GB),
          group(rejected.max),
        ]),
        notes: [
          `growth exponents: MB/s ${exponent(rateFit)}, CPU per GB ${exponent(cpuFit)}; 0 is no change, 1 is in proportion`,
          `${most} connections against 1, MB/s in all: ${spread(ratio)} times`,
        ],
      },
    ],
    charts: [
      {
        name: 'scale-connections',
        title: 'Throughput of one seed as its connections grow',
        svg: lineChart({
          title: 'Throughput of one seed as its connections grow',
          subtitle: 'Median, whiskers from minimum to maximum',
          xTitle: 'connections',
          yTitle: 'MB/s in all',
          logX: true,
          series: [seriesOf(results, ({ rate }) => inUnits(rate, 1e6), scaled(rateFit, 1e6))],
        }),
      },
      {
        name: 'scale-connections-cpu',
        title: 'CPU of one seed as its connections grow',
        svg: lineChart({
          title: 'CPU of one seed as its connections grow',
          subtitle: 'Median, whiskers from minimum to maximum',
          xTitle: 'connections',
          yTitle: 'CPU s/GB sent',
          logX: true,
          series: [seriesOf(results, ({ cpu }) => inUnits(cpu, 1 / GB), scaled(cpuFit, 1 / GB))],
        }),
      },
    ],
    figures: [
      figureOf(`scale.connections.${most}/1`, ratio, 'x', 'higher', TOLERANCE),
      { id: 'scale.connections.rate.exponent', value: rateFit.exponent, unit: '', better: 'higher' },
      { id: 'scale.connections.cpu.exponent', value: cpuFit.exponent, unit: '', better: 'lower' },
      ...results.flatMap(({ connections, rate, cpu }) => [
        figureOf(`scale.connections.${connections}.rate`, rate, 'B/s', 'higher'),
        figureOf(`scale.connections.${connections}.cpu`, inUnits(cpu, 1 / GB), 's/GB', 'lower'),
      ]),
    ],
    data: { bytes, rounds: rounds.rounds, rateFit, cpuFit },
  };
}

function seriesOf(results, pick, fit) {
  return {
    name: 'millrace seed',
    fit,
    points: results.map(result => [result.connections, pick(result).median]),
    spread: results.map(pick),
  };
}

function scaled({ factor, exponent }, unit) {
  return { factor: factor / unit, exponent };
}

function exponent({ exponent: value }) {
  return value.toFixed(2);
}
