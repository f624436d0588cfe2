// Optimistic unchokes: without them, those who have nothing to trade yet get nothing.
import { quantile } from '../../lib/stats.mjs';
import { paragraph, shell } from './prose.mjs';
import { DOWN, MB, MIB } from './swarms.mjs';

const SEEDS = 10;
const NEWCOMERS = 10;
const ESTABLISHED = 40;
/** From here on the seed is gone and the established peers have long found each other. */
const FROM_MS = 90_000;
const OVER_MS = 30_000;
/** Two optimistic rounds of 30 s. */
export const TWO_ROUNDS = 60;

const USUAL = { size: 256 * MIB, established: ESTABLISHED, newcomers: NEWCOMERS, fromMs: FROM_MS };

/** @returns {import('./swarms.mjs').Scenario} */
export function newcomersScenario(optimisticMs, { size, established, newcomers, fromMs } = USUAL) {
  const group = { up: MB, down: DOWN };
  const atMs = Array.from({ length: newcomers }, (_, i) => fromMs + ((i + 0.5) * OVER_MS) / newcomers);
  return {
    fileBytes: size,
    seedUp: 10 * MB,
    seedLeaves: 'after-one-copy',
    optimisticMs,
    groups: [
      { ...group, name: 'established', peers: established },
      { ...group, name: 'newcomers', peers: newcomers, arrivals: { kind: 'trace', atMs } },
    ],
  };
}

/** @type {import('./measure.mjs').Finding} */
export const newcomers = {
  name: 'newcomers',
  cases: [
    { name: 'with', scenario: newcomersScenario(30_000), seeds: SEEDS, quick: true },
    { name: 'without', scenario: newcomersScenario(0), seeds: SEEDS, quick: true },
  ],
  measure: ({ groups: [established, late], peers }) => ({
    established: established.median,
    newcomers: late.median,
    starts: peers.filter(peer => peer.group === 'newcomers').map(peer => peer.startSeconds),
  }),
  conclude,
  charts: (results, draw) => ({ newcomers: chart(results, draw) }),
  text,
};

/** Seconds until the first byte of all newcomers of all runs; Infinity for those who never got one. */
function conclude(results) {
  return Object.fromEntries(
    Object.entries(results).map(([name, runs]) => {
      const starts = runs.flatMap(run => run.starts).map(start => start ?? Number.POSITIVE_INFINITY);
      const of = key =>
        quantile(
          runs.map(run => run[key]),
          0.5,
        );
      return [
        name,
        {
          starts,
          median: quantile(starts, 0.5),
          first: Math.min(...starts),
          last: Math.max(...starts),
          inTwoRounds: starts.filter(start => start <= TWO_ROUNDS).length / starts.length,
          established: of('established'),
          newcomers: of('newcomers'),
        },
      ];
    }),
  );
}

function text(results) {
  const { with: fed, without: starved } = conclude(results);
  return [
    paragraph(
      `${NEWCOMERS} peers join ${ESTABLISHED} that are in the middle of 256 MiB, after the seed has left. With optimistic`,
      `unchokes the first byte was on its way after ${fed.median.toFixed(0)} s (median of ${fed.starts.length} newcomers in`,
      `${SEEDS} runs; ${fed.last.toFixed(0)} s for the last): **all start within two rounds of 30 s**. Without, it took`,
      `${starved.median.toFixed(0)} s, and **no newcomer started sooner than after ${Math.floor(starved.first)} s**: others`,
      'earned all slots, until the established peers had nearly all pieces and lost interest in each other.',
    ),
    paragraph(
      '**What the lecture does not say**: starving costs less than it seems. The median newcomer was complete after',
      `${starved.newcomers.toFixed(0)} s instead of ${fed.newcomers.toFixed(0)} s, because the established peers, complete`,
      `after ${starved.established.toFixed(0)} s instead of ${fed.established.toFixed(0)} s, stayed and gave them everything.`,
    ),
    shell(
      'millrace simulate docs/swarm-science/newcomers.json',
      'millrace simulate docs/swarm-science/newcomers.json --optimistic 0',
    ),
  ].join('\n\n');
}

function chart(results, { cdfChart }) {
  const { with: fed, without: starved } = conclude(results);
  return cdfChart({
    title: 'How long newcomers wait for their first byte',
    subtitle: `${NEWCOMERS} newcomers, ${ESTABLISHED} established peers, no seed, 4 slots; ${SEEDS} runs`,
    x: { name: 'time since the newcomer came', unit: 's' },
    share: 'newcomers that have begun',
    series: [
      { name: 'optimistic unchoke every 30 s', values: fed.starts },
      {
        name: 'no optimistic unchoke',
        values: starved.starts.filter(Number.isFinite),
        of: starved.starts.length,
      },
    ],
  });
}
