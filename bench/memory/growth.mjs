// Memory of both sides over a transfer that is much larger than any buffer.
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { choosePieceLength, createMetainfo } from 'millrace/protocol';
import { lineChart } from '../lib/charts.mjs';
import { figure, size } from '../lib/format.mjs';
import { writeSparse } from '../lib/payload.mjs';
import { fitLine } from '../lib/stats.mjs';
import { startMillrace, usages } from '../lib/transfer.mjs';

const HOST = '127.0.0.1';
const GiB = 2 ** 30;
const WANTED_BYTES = 8 * GiB;
const QUICK_BYTES = GiB;

/** Left free for the system and for what the processes themselves need. */
const SPARE_BYTES = 1.5 * GiB;
const SAMPLE_MS = 100;

/** The first part of the transfer fills buffers and warms code up; growth is what comes after it. */
const SETTLED_SHARE = 0.25;

/** Growth that a run of few GiB cannot tell from noise of the garbage collector. */
const FLAT_MB_PER_GIB = 10;

/** @param {import('../lib/part.mjs').Context} context */
export async function measureGrowth({ quick, workspace, processes, progress }) {
  const wanted = quick ? QUICK_BYTES : WANTED_BYTES;
  const room = (await workspace.room()) - SPARE_BYTES;
  const bytes = Math.min(wanted, Math.floor(room / (GiB / 4)) * (GiB / 4));
  if (bytes <= 0) throw new Error(`the working folder has no room: ${size(Math.max(0, room))} are free`);
  await mkdir(workspace.path('sparse'), { recursive: true });
  await writeSparse(workspace.path('sparse', 'zeros.bin'), bytes);
  const torrent = await writeTorrentOfZeros(workspace.path('zeros.torrent'), 'zeros.bin', bytes);

  const [seed, downloader] = [startMillrace(processes), startMillrace(processes)];
  const address = await seed.ask('seed', { torrent, dir: workspace.path('sparse'), host: HOST });
  await downloader.ask('prepare', { torrent, dir: await workspace.fresh('zeros') });
  progress(`transfer of ${size(bytes)} of zeros`);
  const samples = [];
  let over = false;
  const sampling = (async () => {
    while (!over) {
      const [[seedUsage, downloadUsage], done] = await Promise.all([
        usages(seed, downloader),
        downloader.ask('done'),
      ]);
      samples.push({ done, seed: seedUsage.rssBytes, download: downloadUsage.rssBytes });
      await new Promise(resolve => setTimeout(resolve, SAMPLE_MS));
    }
  })();
  const { seconds } = await downloader.ask('download', address).finally(() => {
    over = true;
  });
  await sampling;
  const [seedEnd, downloadEnd] = await usages(seed, downloader);
  await Promise.all([seed.stop(), downloader.stop()]);
  await workspace.fresh('zeros');

  const sides = [
    describeSide('downloader', samples, ({ download }) => download, downloadEnd.peakBytes, bytes),
    describeSide('seed', samples, ({ seed: rss }) => rss, seedEnd.peakBytes, bytes),
  ];
  const short = bytes < wanted ? `; there was room for ${size(bytes)} only` : '';
  return {
    method: `Growth: ${size(bytes)} of zeros from a sparse file through one connection, resident memory of both processes every ${SAMPLE_MS} ms${short}.`,
    tables: [
      {
        title: `Memory over a transfer of ${size(bytes)}`,
        columns: ['process', 'peak MB', 'steady MB', 'growth MB per GiB'],
        rows: sides.map(({ name, peak, steady, slope }) => [
          name,
          figure(peak / 1e6),
          figure(steady / 1e6),
          slope.toFixed(1),
        ]),
        notes: [
          `growth is fitted from ${SETTLED_SHARE * 100} % of the transfer on; steady is the median from there on`,
          `${figure(bytes / 1e6 / seconds)} MB/s meanwhile`,
        ],
      },
    ],
    charts: [
      {
        name: 'memory-growth',
        title: 'Memory over a large transfer',
        svg: lineChart({
          title: `Memory over a transfer of ${size(bytes)}`,
          subtitle: 'Resident memory of each process',
          xTitle: 'GiB verified',
          yTitle: 'MB',
          series: sides.map(({ name, points }) => ({ name, points, bare: true })),
        }),
      },
    ],
    figures: sides.flatMap(({ name, peak, steady, slope }) => [
      { id: `memory.growth.${name}.peak`, value: peak, unit: 'B', better: 'lower', tolerance: 0.3 },
      { id: `memory.growth.${name}.steady`, value: steady, unit: 'B', better: 'lower' },
      { id: `memory.growth.${name}.slope`, value: slope, unit: 'MB/GiB', better: 'lower' },
      {
        id: `memory.growth.${name}.flat`,
        value: slope < FLAT_MB_PER_GIB ? 1 : 0,
        unit: 'x',
        better: 'higher',
      },
    ]),
    data: { bytes, seconds, samples },
  };
}

function describeSide(name, samples, pick, peak, bytes) {
  const settled = samples.filter(({ done }) => done >= SETTLED_SHARE * bytes);
  const points = samples.map(sample => [sample.done / GiB, pick(sample) / 1e6]);
  const late = settled.map(sample => [sample.done / GiB, pick(sample) / 1e6]);
  const sorted = settled.map(pick).sort((a, b) => a - b);
  return {
    name,
    peak,
    steady: sorted[sorted.length >> 1] ?? Number.NaN,
    slope: new Set(late.map(([x]) => x)).size > 1 ? fitLine(late).slope : Number.NaN,
    points,
  };
}

/** All pieces are alike but perhaps the last: nothing has to be read. */
async function writeTorrentOfZeros(path, name, length) {
  const pieceLength = choosePieceLength(length);
  const count = Math.ceil(length / pieceLength);
  const sha1 = bytes => createHash('sha1').update(Buffer.alloc(bytes)).digest();
  const pieces = Buffer.alloc(20 * count, sha1(pieceLength));
  pieces.set(sha1(length - (count - 1) * pieceLength), 20 * (count - 1));
  const files = [{ path: [name], length }];
  await writeFile(path, createMetainfo({ name, files, singleFile: true, pieceLength, pieces }));
  return path;
}
