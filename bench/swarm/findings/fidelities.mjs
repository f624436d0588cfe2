// A second look at small swarms, in which every message of the wire protocol travels: do the findings stand?
import { median } from '../../lib/stats.mjs';
import { newcomersScenario } from './newcomers.mjs';
import { paragraph, shell } from './prose.mjs';
import { commandOf, MB, MIB, swarm, swarmWithFreeRiders } from './swarms.mjs';

const SEEDS = 2;
const FIDELITIES = ['piece', 'block'];
const PICKERS = ['rarest', 'random', 'sequential'];

const picked = picker =>
  swarm({ peers: 20, size: 32 * MIB, seedLeaves: 'after-one-copy', superSeeding: false, picker });
const riders = swarmWithFreeRiders({ peers: 40, size: 128 * MIB, seedUp: 4 * MB });
const late = optimisticMs =>
  newcomersScenario(optimisticMs, { size: 96 * MIB, established: 16, newcomers: 3, fromMs: 20_000 });

const ofBound = ({ ratio }) => ratio.peerToPeer.last;
const factor = ({ groups: [contributors, free] }) => free.median / contributors.median;
const start = ({ groups }) => groups[1].start;

/** What is compared: a scenario, the figure that is taken of it, and how it is shown. */
const ROWS = [
  {
    row: 'equal',
    title: 'last of 20 peers : bound',
    scenario: swarm({ peers: 20, size: 32 * MIB }),
    figure: ofBound,
  },
  ...PICKERS.map(picker => ({
    row: picker,
    title: `the same, seed leaves after one copy, ${picker}`,
    scenario: picked(picker),
    figure: ofBound,
  })),
  {
    row: 'riders',
    title: 'free riders : contributors, 8 and 32 of them',
    scenario: riders,
    figure: factor,
    quick: false,
  },
  { row: 'with', title: "newcomers' first byte after, s", scenario: late(30_000), figure: start },
  { row: 'without', title: 'the same without optimistic unchokes, s', scenario: late(0), figure: start },
];
const nameOf = (row, fidelity) => `${row}, ${fidelity}`;
const rowOf = name => ROWS.find(({ row }) => row === name);

/** @type {import('./measure.mjs').Finding} */
export const fidelities = {
  name: 'fidelities',
  cases: ROWS.flatMap(({ row, scenario, quick = true }) =>
    FIDELITIES.map(fidelity => ({
      name: nameOf(row, fidelity),
      scenario: { ...scenario, fidelity },
      seeds: SEEDS,
      quick: quick && (fidelity === 'piece' || row === 'without'),
    })),
  ),
  measure: ({ completion, ratio, groups }) => ({
    last: completion.last,
    ratio: ratio.peerToPeer.last,
    groups: groups.map(({ median, start }) => ({ median, start })),
  }),
  conclude,
  charts: () => ({}),
  text,
};

/** The figure of each row at both fidelities, medians over the seeds. */
function conclude(results) {
  return Object.fromEntries(
    ROWS.filter(({ row }) => results[nameOf(row, 'block')]).map(({ row }) => [
      row,
      Object.fromEntries(
        FIDELITIES.map(fidelity => [
          fidelity,
          median(results[nameOf(row, fidelity)].map(run => figureOf(row, run))),
        ]),
      ),
    ]),
  );
}

function figureOf(row, { ratio, groups }) {
  return rowOf(row).figure({ ratio: { peerToPeer: { last: ratio } }, groups });
}

function text(results) {
  const conclusion = conclude(results);
  const digits = row => (rowOf(row).figure === start ? 0 : 2);
  return [
    [
      '| | `piece` | `block` |',
      '| --- | --: | --: |',
      ...ROWS.map(({ row, title }) => {
        const cells = FIDELITIES.map(fidelity => conclusion[row][fidelity].toFixed(digits(row)));
        return `| ${[title, ...cells].join(' | ')} |`;
      }),
    ].join('\n'),
    paragraph(
      'With every message on the wire the findings stand: the order of the pickers, free riders who wait, newcomers who starve.',
      `Free riders wait a little less (${conclusion.riders.block.toFixed(2)} times as long as contributors instead of ${conclusion.riders.piece.toFixed(2)}).`,
    ),
    shell(commandOf({ ...riders, fidelity: 'block' })),
  ].join('\n\n');
}
