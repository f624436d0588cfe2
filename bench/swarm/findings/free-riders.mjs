// Tit for tat: how much later those are complete who give nothing.
import { median, summarize } from '../../lib/stats.mjs';
import { paragraph, percent, shell } from './prose.mjs';
import { commandOf, MB, MIB, swarm, swarmWithFreeRiders } from './swarms.mjs';

const SEEDS = 5;
const common = { size: 128 * MIB, seedUp: 4 * MB };
const FREE = [
  { name: 'contributors stay', fields: {}, quick: true },
  { name: 'half leave when complete', fields: { leavers: 0.5 } },
  { name: 'all leave when complete', fields: { leavers: 1 }, quick: true },
  { name: 'nobody is choked', fields: { slots: Number.POSITIVE_INFINITY } },
  { name: 'the seed is the limit', fields: { seedUp: MB } },
];
const ALONE = [
  { name: 'contributors alone', fields: {} },
  { name: 'contributors alone, the seed is the limit', fields: { seedUp: MB } },
];
const scenarioOf = fields => swarmWithFreeRiders({ ...common, ...fields });

/** @type {import('./measure.mjs').Finding} */
export const freeRiders = {
  name: 'free-riders',
  cases: [
    ...FREE.map(({ name, fields, quick }) => ({ name, scenario: scenarioOf(fields), seeds: SEEDS, quick })),
    ...ALONE.map(({ name, fields }) => ({
      name,
      scenario: swarm({ peers: 80, ...common, ...fields }),
      seeds: SEEDS,
    })),
  ],
  measure: ({ groups: [contributors, riders] }) => ({
    contributors: contributors.median,
    ...(riders ? { riders: riders.median, factor: riders.median / contributors.median } : {}),
  }),
  conclude,
  charts: (results, draw) => ({ 'free-riders': chart(results, draw) }),
  text,
};

/** Median time of free riders : median time of contributors, over the seeds; seconds of contributors. */
function conclude(results) {
  const factors = {};
  const seconds = {};
  for (const [name, runs] of Object.entries(results)) {
    if (runs[0].factor) factors[name] = summarize(runs.map(run => run.factor));
    seconds[name] = median(runs.map(run => run.contributors));
  }
  return { factors, seconds };
}

function text(results) {
  const { factors, seconds } = conclude(results);
  const of = name => {
    const { median, min, max } = factors[name];
    return `**${median.toFixed(2)}** (${min.toFixed(2)} to ${max.toFixed(2)})`;
  };
  const cost = (name, alone) => percent(seconds[name] / seconds[alone] - 1);
  return [
    paragraph(
      "Of 100 peers 20 never upload. Their median time, as a multiple of the contributors', is",
      `${of('contributors stay')} when those who are complete stay, ${of('half leave when complete')} when half of them`,
      `leave and ${of('all leave when complete')} when all do, so that the rest is up to the seed. If nobody is choked it is`,
      `${of('nobody is choked')}: giving nothing then costs nothing.`,
    ),
    paragraph(
      `**When it vanishes**: with a seed no faster than a peer the factor is ${of('the seed is the limit')}. Everybody waits`,
      'for the seed, slots are free, and a free slot is given to whoever asks. Then all pay: a piece that the seed sent to a',
      'free rider goes no further, and contributors take',
      `${cost('the seed is the limit', 'contributors alone, the seed is the limit')} longer than the 80 of them alone`,
      `(${cost('contributors stay', 'contributors alone')} with the faster seed).`,
    ),
    shell(
      ...[{}, { leavers: 0.5 }, { leavers: 1 }, { slots: Number.POSITIVE_INFINITY }, { seedUp: MB }].map(
        fields => commandOf(scenarioOf(fields)),
      ),
    ),
  ].join('\n\n');
}

function chart(results, { barChart }) {
  const { factors } = conclude(results);
  return barChart({
    title: 'What free riding costs the free rider',
    subtitle:
      '80 contributors, 20 free riders, 128 MiB, uplinks 1 MB/s, seed 4 MB/s (1 MB/s where it is the limit); range of 5 runs',
    unit: "median time of free riders : contributors'",
    groups: FREE.map(({ name }) => name),
    series: [{ name: 'factor', values: FREE.map(({ name }) => factors[name]) }],
  });
}
