// Part `loopback`: one seed, one downloader, and how near they come to what the machine allows.
import { barChart } from '../lib/charts.mjs';
import { duration, figure, size, spread } from '../lib/format.mjs';
import { alternate, roundName } from '../lib/pairs.mjs';
import { figureOf } from '../lib/part.mjs';
import { assertSameBytes, writePayload, writeTorrent } from '../lib/payload.mjs';
import { inUnits } from '../lib/stats.mjs';
import { bytesPerSecond, startMillrace, transfer } from '../lib/transfer.mjs';
import { measureFirstPiece } from './first-piece.mjs';
import { bestRate, LIMIT_FORMULA, Limit, STAGES } from './limit.mjs';
import { whereTimeGoes } from './where.mjs';

const HOST = '127.0.0.1';
const MiB = 1024 * 1024;
const GB = 1e9;
const TOLERANCE = 0.3;

/** Of this piece length the time is looked into: it is what a torrent of an ordinary size has. */
const PROFILED_PIECE = MiB / 4;

/** @param {import('../lib/part.mjs').Context} context @returns {Promise<import('../lib/part.mjs').PartResult>} */
export async function run(context) {
  const { quick, samples, workspace, processes, machine, signal, progress } = context;
  const bytes = (quick ? 128 : 512) * MiB;
  const pieceLengths = [MiB / 4, MiB, 4 * MiB];
  const seedDir = await workspace.fresh('seed');
  progress(`writing ${size(bytes)}`);
  const payload = await writePayload(workspace.path('seed', 'payload.bin'), bytes);

  const limit = new Limit(processes);
  const variants = { limit: () => limit.measure(bytes, workspace.path('limit.bin')) };
  const kept = [];
  let where;
  /** Of each piece length the first transfer, when nothing is warm; its bytes are compared. */
  const first = new Map();
  for (const pieceLength of pieceLengths) {
    const { torrent } = await writeTorrent(payload, workspace.path(`${pieceLength}.torrent`), {
      pieceLength,
    });
    const [seed, downloader] = [startMillrace(processes), startMillrace(processes)];
    kept.push(seed, downloader);
    const address = await seed.ask('seed', { torrent, dir: seedDir, host: HOST });
    variants[pieceLength] = async () => {
      const dir = await workspace.fresh('download');
      const result = await transfer(seed, downloader, { address, torrent, dir, bytes });
      if (!first.has(pieceLength)) {
        await assertSameBytes(payload, workspace.path('download', 'payload.bin'));
        first.set(pieceLength, bytesPerSecond(result));
      }
      return result;
    };
    if (pieceLength === PROFILED_PIECE && !quick)
      where = () => whereTimeGoes(seed, downloader, workspace, { address, torrent, bytes, pieceLength });
  }
  const rounds = await alternate(variants, {
    samples,
    signal,
    onRun: (name, round) =>
      progress(
        `${name === 'limit' ? 'limit of the machine' : `pieces of ${size(Number(name))}`}, ${roundName(round, samples)}`,
      ),
  });
  const hashBackend = await limit.hashBackend();
  if (where) progress('where the time goes');
  const time = await where?.();
  await Promise.all([limit.stop(), ...kept.map(process => process.stop())]);
  await workspace.fresh('download');
  const firstPiece = await measureFirstPiece(context, { payload, seedDir, pieceLength: MiB / 4 });

  const { cores } = machine;
  const best = rounds.perRound(round => bestRate(round.limit, cores));
  const results = pieceLengths.map(pieceLength => ({
    pieceLength,
    rate: rounds.summary(String(pieceLength), bytesPerSecond),
    share: rounds.perRound(round => bytesPerSecond(round[pieceLength]) / bestRate(round.limit, cores)),
    seedCpu: rounds.summary(String(pieceLength), result => cpuPerByte(result, 'seed')),
    downloadCpu: rounds.summary(String(pieceLength), result => cpuPerByte(result, 'download')),
    seedPeak: rounds.summary(String(pieceLength), result => result.seed.peakBytes),
    downloadPeak: rounds.summary(String(pieceLength), result => result.download.peakBytes),
  }));
  const stages = STAGES.map(name => ({
    name,
    rate: rounds.summary('limit', found => 1 / found[name].wall),
    cpu: rounds.summary('limit', found => found[name].cpu),
  }));
  return {
    title: 'Loopback',
    method: [
      `One seed process sends ${size(bytes)} to one downloader process on the same machine, over TCP, with default options; every piece is verified and written to a file. Both processes stay for all rounds of a piece length, each round downloads anew. MB/s count from the first byte to the last verified piece, CPU is that of all threads of a process during that time, memory the peak of the process over all rounds. In the first round all bytes are compared.`,
      `The limit of the machine is measured in the same rounds, each of its stages alone on one thread (hashing by the backend that the engine takes here: ${hashBackend}): ${LIMIT_FORMULA}`,
    ],
    tables: [
      {
        title: `Transfer of ${size(bytes)} from one process to another`,
        columns: [
          'pieces',
          'MB/s',
          '% of the limit',
          'CPU s/GB download',
          'CPU s/GB seed',
          'peak MB download',
          'peak MB seed',
        ],
        rows: results.map(result => [
          size(result.pieceLength),
          spread(result.rate, 1e6),
          spread(result.share, 0.01),
          spread(result.downloadCpu, 1 / GB),
          spread(result.seedCpu, 1 / GB),
          figure(result.downloadPeak.max / 1e6),
          figure(result.seedPeak.max / 1e6),
        ]),
        notes: [
          `the first transfer of the processes, before anything was warm: ${[...first.values()].map(rate => figure(rate / 1e6)).join(', ')} MB/s`,
          `time from the start of a download to its first verified piece, tracker on loopback: ${duration(firstPiece.median)} (${duration(firstPiece.min)} to ${duration(firstPiece.max)})`,
        ],
      },
      {
        title: `Limit of the machine, ${cores} cores`,
        columns: ['stage alone', 'MB/s', 'CPU s/GB'],
        rows: [
          ...stages.map(({ name, rate, cpu }) => [name, spread(rate, 1e6), spread(cpu, 1 / GB)]),
          [
            'all of it at best',
            spread(best, 1e6),
            figure(stages.reduce((sum, { cpu }) => sum + cpu.median * GB, 0)),
          ],
        ],
      },
      ...(time?.tables ?? []),
    ],
    charts: [
      {
        name: 'loopback-throughput',
        title: 'Transfer between two processes',
        svg: barChart({
          title: `Transfer of ${size(bytes)} between two processes, ${cores} cores`,
          subtitle: 'Median, whiskers from minimum to maximum',
          unit: 'MB/s',
          groups: [
            ...results.map(({ pieceLength }) => `pieces of ${size(pieceLength)}`),
            'limit of the machine',
          ],
          series: [
            {
              name: 'millrace',
              values: [...results.map(({ rate }) => inUnits(rate, 1e6)), inUnits(best, 1e6)],
            },
          ],
        }),
      },
    ],
    figures: [
      ...results.flatMap(result => {
        const id = `loopback.${size(result.pieceLength)}`;
        return [
          figureOf(`${id}.share of the limit`, result.share, 'x', 'higher', TOLERANCE),
          figureOf(`${id}.rate`, result.rate, 'B/s', 'higher'),
          figureOf(`${id}.cpu.download`, inUnits(result.downloadCpu, 1 / GB), 's/GB', 'lower'),
          figureOf(`${id}.cpu.seed`, inUnits(result.seedCpu, 1 / GB), 's/GB', 'lower'),
          figureOf(`${id}.peak.download`, result.downloadPeak, 'B', 'lower'),
          figureOf(`${id}.peak.seed`, result.seedPeak, 'B', 'lower'),
        ];
      }),
      figureOf('loopback.limit', best, 'B/s', 'higher'),
      figureOf('loopback.first piece', firstPiece, 's', 'lower'),
    ],
    data: { bytes, hashBackend, rounds: rounds.rounds, time: time?.data },
  };
}

function cpuPerByte(result, side) {
  return result[side].cpuSeconds / result.bytes;
}
