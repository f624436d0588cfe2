// Time to hash a file as workers grow.
import { createSession, verifyTorrent } from 'millrace';
import { lineChart } from '../lib/charts.mjs';
import { size, spread } from '../lib/format.mjs';
import { alternate, roundName } from '../lib/pairs.mjs';
import { figureOf } from '../lib/part.mjs';
import { writeTorrent } from '../lib/payload.mjs';
import { fitPower, inUnits } from '../lib/stats.mjs';

const MAX_WORKERS = 64;
const TOLERANCE = 0.35;

/**
 * @param {import('../lib/part.mjs').Context} context
 * @param {{ payload: string, dir: string, bytes: number }} options
 */
export async function scaleHashing(context, { payload, dir, bytes }) {
  const { samples, workspace, machine, signal, progress } = context;
  const { torrent } = await writeTorrent(payload, workspace.path('hash.torrent'), {
    pieceLength: 256 * 1024,
  });
  const counts = workerCounts(Math.min(machine.cores, MAX_WORKERS));
  const sessions = [];
  const variants = {};
  try {
    for (const workers of counts) {
      const session = await createSession({ dir, listen: false, workers });
      sessions.push(session);
      const seeding = await session.add(torrent, { check: 'seed' });
      await seeding.checked();
      variants[`warm ${workers}`] = () => timed(() => seeding.recheck({ signal }));
      variants[`verify ${workers}`] = async () => {
        const { bad, seconds } = await verifyTorrent(torrent, { dir, workers, signal });
        if (bad.length > 0) throw new Error(`${bad.length} pieces of a good file are bad`);
        return seconds;
      };
    }
    const rounds = await alternate(variants, {
      samples,
      signal,
      onRun: (name, round) => progress(`hashing, ${name} workers, ${roundName(round, samples)}`),
    });
    return describe(rounds, counts, bytes, machine.cores);
  } finally {
    await Promise.all(sessions.map(session => session.close()));
  }
}

function describe(rounds, counts, bytes, cores) {
  const results = counts.map(workers => ({
    workers,
    warm: rounds.summary(`warm ${workers}`, seconds => bytes / seconds),
    verify: rounds.summary(`verify ${workers}`, seconds => bytes / seconds),
  }));
  const most = counts.at(-1);
  const speedUp = rounds.ratio('warm 1', `warm ${most}`, seconds => seconds);
  const fit =
    counts.length > 1 ? fitPower(results.map(({ workers, warm }) => [workers, warm.median])) : undefined;
  return {
    method: `Hashing: ${size(bytes)} read from a file and hashed. Warm: recheck of a seed whose workers are up. Verify: \`verifyTorrent\`, which starts its workers first.`,
    tables: [
      {
        title: 'Hashing as workers grow',
        columns: ['workers', 'MB/s warm', 'MB/s verify'],
        rows: results.map(({ workers, warm, verify }) => [
          String(workers),
          spread(warm, 1e6),
          spread(verify, 1e6),
        ]),
        notes: [
          fit === undefined
            ? 'one core: there is no growth to fit'
            : `growth exponent, warm: ${fit.exponent.toFixed(2)}; 1 is in proportion`,
        ],
      },
    ],
    charts: [
      {
        name: 'scale-hashing',
        title: 'Hashing as workers grow',
        svg: lineChart({
          title: `Hashing of ${size(bytes)} as workers grow, ${cores} cores`,
          subtitle: 'Median, whiskers from minimum to maximum',
          xTitle: 'workers',
          yTitle: 'MB/s',
          wholeX: true,
          series: [
            {
              name: 'warm workers',
              fit: fit && { factor: fit.factor / 1e6, exponent: fit.exponent },
              points: results.map(({ workers, warm }) => [workers, warm.median / 1e6]),
              spread: results.map(({ warm }) => inUnits(warm, 1e6)),
            },
            {
              name: 'verify, workers start',
              points: results.map(({ workers, verify }) => [workers, verify.median / 1e6]),
              spread: results.map(({ verify }) => inUnits(verify, 1e6)),
            },
          ],
        }),
      },
    ],
    figures: [
      ...(fit ? [figureOf(`scale.hashing.${most}/1 workers`, speedUp, 'x', 'higher', TOLERANCE)] : []),
      ...results.flatMap(({ workers, warm, verify }) => [
        figureOf(`scale.hashing.${workers} workers.warm`, warm, 'B/s', 'higher'),
        figureOf(`scale.hashing.${workers} workers.verify`, verify, 'B/s', 'higher'),
      ]),
    ],
    data: { bytes, rounds: rounds.rounds, fit },
  };
}

/** 1, 2, 4 … and all cores. */
function workerCounts(cores) {
  const counts = [];
  for (let workers = 1; workers < cores; workers *= 2) counts.push(workers);
  return [...counts, cores];
}

async function timed(work) {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1000;
}
