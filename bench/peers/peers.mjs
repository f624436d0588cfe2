// Part `peers`: the same transfer by other engines, each to itself and with millrace in both roles.
import { barChart } from '../lib/charts.mjs';
import { figure, size, spread, times } from '../lib/format.mjs';
import { figureOf } from '../lib/part.mjs';
import { writePayload } from '../lib/payload.mjs';
import { inUnits } from '../lib/stats.mjs';
import { bytesPerSecond } from '../lib/transfer.mjs';
import { CLIENTS } from './clients.mjs';
import { compareCreate } from './create.mjs';
import { pairName, runGroup } from './group.mjs';
import { libtorrent } from './libtorrent.mjs';
import { millrace } from './millrace.mjs';

const MiB = 1024 * 1024;
const GB = 1e9;
const ORDINARY_PIECE = MiB / 4;

/** @param {import('../lib/part.mjs').Context} context @returns {Promise<import('../lib/part.mjs').PartResult>} */
export async function run(context) {
  const { quick, engines, workspace, progress } = context;
  const fullBytes = (quick ? 128 : 512) * MiB;
  // a quick run shows that all pairs work; its figures are rough anyhow
  const limited = quick ? { ...context, samples: Math.min(context.samples, 2) } : context;
  const groups = [];
  const absent = [];
  let created;
  for (const client of CLIENTS.filter(({ name }) => engines.includes(name.toLowerCase()))) {
    const reason =
      client.missing() ?? (quick && client.slow ? `left out by --quick: ${client.slow}` : undefined);
    if (reason !== undefined) {
      absent.push({ name: client.name, reason });
      continue;
    }
    const bytes = fullBytes * client.share;
    const seedDir = await workspace.fresh('seed');
    progress(`writing ${size(bytes)}`);
    const payload = await writePayload(workspace.path('seed', 'payload.bin'), bytes);
    if (client === libtorrent) created = await compareCreate(limited, { payload, bytes });
    const pieceLengths = client === libtorrent && !quick ? [ORDINARY_PIECE, MiB] : [ORDINARY_PIECE];
    for (const pieceLength of pieceLengths) {
      try {
        groups.push(await runGroup(limited, client, { payload, seedDir, bytes, pieceLength }));
      } catch (error) {
        context.signal.throwIfAborted();
        absent.push({ name: client.name, reason: `it failed: ${error.message.split('\n')[0]}` });
      }
    }
  }
  if (created === undefined) {
    await workspace.fresh('seed');
    const payload = await writePayload(workspace.path('seed', 'payload.bin'), fullBytes);
    created = await compareCreate(limited, { payload, bytes: fullBytes });
  }
  return {
    title: 'Other engines',
    method: [
      'The same transfer by other engines, each from itself to itself, and with millrace as seed and as downloader; in the same rounds millrace to itself. Seeds stay for all rounds, and so does the downloader of each pair: it drops the torrent and its file and downloads anew. Cold: a fresh process in every round. MB/s count from the first byte to the last verified piece, CPU is that of all threads of both processes during that time. In the first round all bytes are compared. Settings are the defaults of each engine, without encryption, uTP, DHT and local discovery.',
      'aria2 and Transmission cannot be told peers: a tracker tells them. They are asked every 20 ms how far they are, the others say it by themselves. Transmission never connects to 127.0.0.0/8, so its group uses another address of the machine. Slower engines transfer less and in fewer rounds: size and rounds are in the title.',
    ],
    tables: [
      ...groups.map(groupTable),
      ...(absent.length > 0
        ? [
            {
              title: 'Absent',
              columns: ['engine', 'why'],
              left: [1],
              rows: absent.map(({ name, reason }) => [name, reason]),
            },
          ]
        : []),
      ...created.tables,
    ],
    charts: groups.length > 0 ? [throughputChart(groups), cpuChart(groups)] : [],
    figures: [...groups.flatMap(groupFigures), ...created.figures],
    data: {
      absent,
      groups: groups.map(({ rounds, pairs, ...facts }) => ({
        ...facts,
        pairs: pairs.map(({ name }) => name),
        rounds: rounds.rounds,
      })),
      create: created.data,
    },
  };
}

function groupTable({ name, version, bytes, pieceLength, samples, rounds, pairs, failures }) {
  return {
    title: `${name} ${version}: ${size(bytes)}, pieces of ${size(pieceLength)}, ${samples === 1 ? '1 round' : `${samples} rounds`}`,
    columns: [
      'seed → downloader',
      'MB/s',
      'CPU s/GB both',
      'CPU s/GB seed',
      'CPU s/GB download',
      'peak MB download',
      'millrace to itself is faster by',
    ],
    rows: [
      ...pairs.map(({ name: pair, cold }) => {
        const self = pairName(millrace, millrace, cold);
        const other = pair !== self && pairs.some(({ name: another }) => another === self);
        return [
          pair,
          spread(rounds.summary(pair, bytesPerSecond), 1e6),
          spread(rounds.summary(pair, bothCpu), 1 / GB),
          figure(rounds.summary(pair, ({ seed }) => seed.cpuSeconds / bytes).median * GB),
          figure(rounds.summary(pair, ({ download }) => download.cpuSeconds / bytes).median * GB),
          figure(rounds.summary(pair, ({ download }) => download.peakBytes).max / 1e6),
          other ? times(rounds.ratio(self, pair, bytesPerSecond).median) : '',
        ];
      }),
      ...Object.keys(failures).map(pair => [pair, 'failed', '', '', '', '', '']),
    ],
    notes: Object.entries(failures).map(([pair, reason]) => `${pair} failed: ${reason.split('\n')[0]}`),
  };
}

function groupFigures({ name, pieceLength, rounds, pairs }) {
  const id = `peers.${name}.${size(pieceLength)}`;
  const worked = pairs.map(pair => pair.name);
  const [self, theirs] = [pairName(millrace, millrace), pairName({ name }, { name })];
  const each = worked.flatMap(pair => [
    figureOf(`${id}.${pair}.rate`, rounds.summary(pair, bytesPerSecond), 'B/s', 'higher'),
    figureOf(`${id}.${pair}.cpu`, inUnits(rounds.summary(pair, bothCpu), 1 / GB), 's/GB', 'lower'),
  ]);
  if (!worked.includes(self) || !worked.includes(theirs)) return each;
  return [
    figureOf(`${id}.rate, millrace/${name}`, rounds.ratio(self, theirs, bytesPerSecond), 'x', 'higher'),
    figureOf(`${id}.cpu, millrace/${name}`, rounds.ratio(self, theirs, bothCpu), 'x', 'lower'),
    ...each,
  ];
}

function bothCpu({ seed, download, bytes }) {
  return (seed.cpuSeconds + download.cpuSeconds) / bytes;
}

function throughputChart(groups) {
  return pairChart(groups, {
    file: 'peers-throughput',
    title: 'Transfer by different engines',
    unit: 'MB/s',
    pick: bytesPerSecond,
    scale: 1e6,
  });
}

function cpuChart(groups) {
  return pairChart(groups, {
    file: 'peers-cpu',
    title: 'CPU of a transfer by different engines, both sides',
    unit: 'CPU s/GB',
    pick: bothCpu,
    scale: 1 / GB,
  });
}

function pairChart(groups, { file, title, unit, pick, scale }) {
  const series = [
    ['engine to itself', name => pairName({ name }, { name })],
    ['engine to millrace', name => pairName({ name }, millrace)],
    ['millrace to engine', name => pairName(millrace, { name })],
    ['millrace to itself', () => pairName(millrace, millrace)],
  ];
  return {
    name: file,
    title,
    svg: barChart({
      title,
      subtitle: 'Median, whiskers from minimum to maximum',
      unit,
      groups: groups.map(({ name, pieceLength, bytes }) => `${name}, ${size(bytes)} by ${size(pieceLength)}`),
      series: series.map(([name, pairOf]) => ({
        name,
        values: groups.map(group => {
          const pair = pairOf(group.name);
          return group.pairs.some(({ name: worked }) => worked === pair)
            ? inUnits(group.rounds.summary(pair, pick), scale)
            : undefined;
        }),
      })),
    }),
  };
}
