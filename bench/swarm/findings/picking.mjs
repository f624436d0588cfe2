// Rarest first, random and sequential: how even the copies are, and when the last peer is complete.
import { median, summarize } from '../../lib/stats.mjs';
import { paragraph, shell } from './prose.mjs';
import { commandOf, MB, swarm } from './swarms.mjs';

const PICKERS = ['rarest', 'random', 'sequential'];
const PEERS = 100;
const SEEDS = 5;
/** Mean copies at which the rarest piece is looked at: three quarters of the peers. */
const MEAN = 0.75 * PEERS;

/** The seed leaves once every piece is out. It sends what it is asked for, or (super-seeding) each piece in turn. */
const KINDS = [
  { kind: 'fast seed', seedUp: 4 * MB, superSeeding: false },
  { kind: 'slow seed', seedUp: MB, superSeeding: false },
  { kind: 'super-seeding', seedUp: MB, superSeeding: true },
];
const nameOf = (kind, picker) => `${kind}, ${picker}`;
const scenarioOf = (fields, picker) =>
  swarm({ peers: PEERS, seedLeaves: 'after-one-copy', picker, ...fields });

/** @type {import('./measure.mjs').Finding} */
export const picking = {
  name: 'picking',
  cases: KINDS.flatMap(({ kind, ...fields }) =>
    PICKERS.map(picker => ({
      name: nameOf(kind, picker),
      scenario: scenarioOf(fields, picker),
      seeds: SEEDS,
      quick: picker !== 'sequential' && kind !== 'slow seed',
    })),
  ),
  measure: ({ completion, ratio, seeds, samples }, seed) => ({
    last: completion.last,
    ratio: ratio.peerToPeer.last,
    copies: seeds.copies,
    rarest: rarestAt(samples),
    ...(seed === 1 ? { copiesOverTime: samples.map(copiesWithoutSeed) } : {}),
  }),
  conclude,
  charts: (results, draw) => ({
    'picking-copies': copiesChart(results, draw),
    'picking-time': timeChart(results, draw),
  }),
  text,
};

/** Seconds, copies of the rarest piece and of the average one at downloaders alone. */
function copiesWithoutSeed({ seconds, present, rarestCopies, meanCopies }) {
  const seeds = present - PEERS;
  return [seconds, rarestCopies - seeds, Math.round(100 * (meanCopies - seeds)) / 100];
}

function rarestAt(samples) {
  return samples.map(copiesWithoutSeed).find(([, , mean]) => mean >= MEAN)?.[1] ?? 0;
}

/** For each kind of seed and picker the medians over the seeds of luck. */
function conclude(results) {
  const of = (kind, picker, key) => median(results[nameOf(kind, picker)].map(run => run[key]));
  return Object.fromEntries(
    KINDS.map(({ kind }) => [
      kind,
      Object.fromEntries(
        PICKERS.filter(picker => results[nameOf(kind, picker)]).map(picker => [
          picker,
          Object.fromEntries(['last', 'ratio', 'copies', 'rarest'].map(key => [key, of(kind, picker, key)])),
        ]),
      ),
    ]),
  );
}

function text(results) {
  const { 'fast seed': fast, 'slow seed': slow, 'super-seeding': supered } = conclude(results);
  const ratio = (kind, picker) => kind[picker].ratio.toFixed(2);
  const copies = (kind, picker) => kind[picker].copies.toFixed(1);
  return [
    '![copies of the rarest piece over time](swarm-science/picking-copies.svg)',
    paragraph(
      `**Rarest first keeps the copies even.** When the average piece was at ${MEAN} of ${PEERS} peers, the rarest one was`,
      `at ${fast.rarest.rarest} with rarest first, at ${fast.random.rarest} with random and at ${fast.sequential.rarest} with`,
      'sequential picking. A piece that is at the seed alone, or at one peer, can be gone for good (see churn below).',
    ),
    '![time of the last peer](swarm-science/picking-time.svg)',
    paragraph(
      `**Where the seed is the limit it is faster too**: the last peer took ${ratio(slow, 'rarest')} times the bound,`,
      `${ratio(slow, 'random')} with random and **${ratio(slow, 'sequential')}** with sequential picking, where all ask the`,
      `seed for the same piece: it sent ${copies(slow, 'sequential')} copies until every piece was out. A seed that itself`,
      'gives each piece in turn (super-seeding) takes most of that away:',
      `${PICKERS.map(picker => ratio(supered, picker)).join(', ')}.`,
    ),
    paragraph(
      '**What the lecture does not say**: with a seed four times as fast as a peer, random picking was no slower',
      `(${fast.random.last.toFixed(1)} s against ${fast.rarest.last.toFixed(1)} s), because the seed stayed longer: it sent`,
      `${copies(fast, 'random')} copies instead of ${copies(fast, 'rarest')} until every piece was out. Rarest first pays in`,
      'safety there, not in speed.',
    ),
    shell(
      ...PICKERS.map(picker => commandOf(scenarioOf({ seedUp: MB, superSeeding: false }, picker))),
      commandOf(scenarioOf({ seedUp: MB, superSeeding: true }, 'random')),
      commandOf(scenarioOf({ seedUp: 4 * MB, superSeeding: false }, 'random')),
    ),
  ].join('\n\n');
}

function copiesChart(results, { lineChart }) {
  return lineChart({
    title: 'Copies of the rarest piece',
    subtitle: '100 peers, seed 4 MB/s that leaves after one copy, uplinks 1 MB/s; dashed: the average piece',
    x: { name: 'time', unit: 's' },
    y: { name: 'copies at peers', max: PEERS, whole: true },
    series: PICKERS.flatMap((picker, color) => {
      const { copiesOverTime } = results[nameOf('fast seed', picker)][0];
      return [
        { name: picker, points: copiesOverTime.map(([seconds, rarest]) => [seconds, rarest]), color },
        {
          name: `${picker}, average`,
          points: copiesOverTime.map(([s, , mean]) => [s, mean]),
          dashed: true,
          color,
        },
      ];
    }),
  });
}

function timeChart(results, { barChart }) {
  return barChart({
    title: 'Last peer, by picker and seed',
    subtitle: '100 peers, 64 MiB, the seed leaves after one copy; median and range of 5 runs',
    unit: 'times the peer-to-peer bound',
    groups: ['seed 1 MB/s', 'seed 1 MB/s, super-seeding', 'seed 4 MB/s'],
    series: PICKERS.map(name => ({
      name,
      values: ['slow seed', 'super-seeding', 'fast seed'].map(kind =>
        summarize(results[nameOf(kind, name)].map(run => run.ratio)),
      ),
    })),
  });
}
