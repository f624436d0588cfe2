// How much the lecture's numbers matter: each of them changed alone.
import { size } from '../../lib/format.mjs';
import { median } from '../../lib/stats.mjs';
import { paragraph, shell } from './prose.mjs';
import { commandOf, KIB, MB, MIB, swarm, swarmWithFreeRiders } from './swarms.mjs';

const SEEDS = 5;
const seconds = value => (value === 0 ? 'never' : `${value / 1000} s`);
const KNOBS = [
  { knob: 'slots', title: 'slots', lecture: 4, values: [2, 3, 4, 5, 6, 8, 10], show: String },
  {
    knob: 'reviewMs',
    title: 'review',
    lecture: 10_000,
    values: [5, 10, 15, 20, 30].map(s => 1000 * s),
    show: seconds,
  },
  {
    knob: 'optimisticMs',
    title: 'optimistic unchoke',
    lecture: 30_000,
    values: [10, 20, 30, 60, 90, 0].map(s => 1000 * s),
    show: seconds,
  },
  {
    knob: 'pieceLength',
    title: 'piece length',
    lecture: 256 * KIB,
    values: [64, 128, 256, 512, 1024, 2048, 4096].map(k => k * KIB),
    show: size,
  },
  { knob: 'neighbours', title: 'neighbours', lecture: 40, values: [10, 20, 40, 80], show: String },
];
const KINDS = {
  equal: swarm({ seedUp: 2 * MB }),
  mixed: swarm({ seedUp: 2 * MB, up: [0.25 * MB, 0.5 * MB, MB, 2 * MB] }),
  riders: swarmWithFreeRiders({ size: 64 * MIB, seedUp: 4 * MB, leavers: 0.5 }),
};
const LECTURE = 'lecture';
const nameOf = (kind, { knob, lecture }, value) =>
  `${kind}, ${value === lecture ? LECTURE : `${knob} ${value}`}`;

/** @type {import('./measure.mjs').Finding} */
export const sensitivity = {
  name: 'sensitivity',
  cases: Object.entries(KINDS).flatMap(([kind, scenario]) => [
    { name: `${kind}, ${LECTURE}`, scenario, seeds: SEEDS, quick: true },
    ...KNOBS.flatMap(knob =>
      knob.values
        .filter(value => value !== knob.lecture)
        .map(value => ({
          name: nameOf(kind, knob, value),
          scenario: { ...scenario, [knob.knob]: value },
          seeds: SEEDS,
        })),
    ),
  ]),
  measure: ({ ratio, groups: [first, riders] }) => ({
    last: ratio.peerToPeer.last,
    ...(riders ? { factor: riders.median / first.median } : {}),
  }),
  conclude,
  charts: (results, draw) => ({ sensitivity: chart(results, draw) }),
  text,
};

/** A row for each knob and value: last peer as a multiple of the bound, and the factor of free riders; medians. */
function conclude(results) {
  const of = (kind, knob, value, key) => median(results[nameOf(kind, knob, value)].map(run => run[key]));
  return KNOBS.flatMap(knob =>
    knob.values.map(value => ({
      knob,
      value,
      equal: of('equal', knob, value, 'last'),
      mixed: of('mixed', knob, value, 'last'),
      factor: of('riders', knob, value, 'factor'),
    })),
  );
}

function text(results) {
  const rows = conclude(results);
  const lecture = rows.find(({ knob, value }) => value === knob.lecture);
  const least = rows.find(({ knob, value }) => knob.title === 'piece length' && value === 4 * MIB);
  const figures = (key, title) =>
    rows
      .filter(({ knob }) => (title ? knob.title === title : knob.title !== 'piece length'))
      .map(row => row[key]);
  const range = (values, to = 'to') =>
    `${Math.min(...values).toFixed(2)} ${to} ${Math.max(...values).toFixed(2)}`;
  return [
    paragraph(
      `Only the **piece length** matters for the last peer: ${range(figures('equal', 'piece length'))} times the bound from`,
      `64 KiB to 4 MiB, against ${lecture.equal.toFixed(2)} with the lecture's numbers, because a piece is passed on only when all`,
      'of it is there, and 64 MiB are but 16 pieces of 4 MiB. Slots, review, optimistic unchoke and neighbours move it only between',
      `${range(figures('equal'), 'and')}, and what free riding costs between ${range(figures('factor'), 'and')}: 4, 10 s and 30 s are good`,
      `numbers, but others are as good. Long pieces also take the teeth from tit for tat (${least.factor.toFixed(2)} at 4 MiB).`,
      'Short ones look free here because messages cost nothing at this fidelity.',
    ),
    table(rows),
    paragraph(
      'Columns 1 and 2: last of 100 peers as a multiple of the peer-to-peer bound, 64 MiB, seed 2 MB/s, uplinks 1 MB/s or 0.25',
      'to 2 MB/s. Column 3: the factor of finding 3, 64 MiB, half of the peers leaving. Medians of',
      `${SEEDS} runs; **bold**: the numbers of the lecture, and the 40 neighbours of a peer that asks a tracker for 50.`,
    ),
    shell(commandOf(KINDS.equal), commandOf({ ...KINDS.equal, pieceLength: 4 * MIB })),
  ].join('\n\n');
}

function table(rows) {
  const cells = rows.map(({ knob, value, equal, mixed, factor }) => {
    const mark = value === knob.lecture ? '**' : '';
    const row = [
      `${knob.title} ${knob.show(value)}`,
      ...[equal, mixed, factor].map(figure => figure.toFixed(2)),
    ];
    return `| ${row.map(cell => mark + cell + mark).join(' | ')} |`;
  });
  return ['| | equal uplinks | mixed uplinks | free riders |', '| --- | --: | --: | --: |', ...cells].join(
    '\n',
  );
}

function chart(results, { lineChart }) {
  const rows = conclude(results);
  return lineChart({
    title: 'Last peer when one number is changed',
    subtitle:
      '100 peers, 64 MiB, uplinks 1 MB/s, seed 2 MB/s; median of 5 runs; all lines meet at the lecture’s numbers',
    x: { name: 'times the number of the lecture', log: true, max: 100 },
    y: { name: 'last peer above the peer-to-peer bound', unit: '%' },
    series: KNOBS.map(knob => ({
      name: knob.title,
      points: rows
        .filter(row => row.knob === knob && row.value > 0)
        .map(({ value, equal }) => [value / knob.lecture, 100 * (equal - 1)]),
      marks: true,
    })),
  });
}
