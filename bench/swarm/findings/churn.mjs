// Peers leave when they are complete: does the swarm survive once the seed has gone?
import { paragraph, percent, shell } from './prose.mjs';
import { commandOf, MB, swarm } from './swarms.mjs';

const PEERS = 30;
const SEEDS = 20;
const LEAVERS = [0, 0.25, 0.5, 0.75, 0.9, 1];
const KINDS = [
  { kind: 'rarest first', fields: { picker: 'rarest', seedUp: 4 * MB } },
  { kind: 'random', fields: { picker: 'random', seedUp: 4 * MB } },
  { kind: 'rarest first, slow seed', fields: { picker: 'rarest', seedUp: MB } },
];
const nameOf = (kind, leavers) => `${kind}, ${leavers}`;
const scenarioOf = (fields, leavers) =>
  swarm({
    peers: PEERS,
    up: [0.5 * MB, MB, 2 * MB],
    leavers,
    seedLeaves: 'after-one-copy',
    superSeeding: false,
    ...fields,
  });

/** @type {import('./measure.mjs').Finding} */
export const churn = {
  name: 'churn',
  cases: KINDS.flatMap(({ kind, fields }) =>
    LEAVERS.map(leavers => ({
      name: nameOf(kind, leavers),
      scenario: scenarioOf(fields, leavers),
      seeds: SEEDS,
      quick: leavers === 0.5,
    })),
  ),
  measure: ({ completion, survived, lost }) => ({
    complete: completion.complete,
    last: completion.last,
    survived,
    ...(survived ? {} : firstLost(lost)),
  }),
  conclude,
  charts: (results, draw) => ({ churn: chart(results, draw) }),
  text,
};

/** For each kind and share of leavers: runs that survived, and the share of all peers that were complete. */
function conclude(results) {
  return Object.fromEntries(
    Object.entries(results).map(([name, runs]) => [
      name,
      {
        runs: runs.length,
        survived: runs.filter(run => run.survived).length,
        complete: runs.reduce((sum, run) => sum + run.complete, 0) / (runs.length * PEERS),
      },
    ]),
  );
}

function text(results) {
  const conclusion = conclude(results);
  const of = (kind, leavers) => conclusion[nameOf(kind, leavers)];
  const survived = (kind, leavers) => `${of(kind, leavers).survived} of ${SEEDS}`;
  const complete = (kind, leavers) => percent(of(kind, leavers).complete);
  const { run, pieces, seconds, left } = firstDeath(results[nameOf('random', 0.9)]);
  return [
    paragraph(
      `${PEERS} peers, and a seed that leaves after one copy. **Rarest first survived ${survived('rarest first', 0.5)} runs with`,
      `half of the peers leaving**, and ${survived('rarest first', 0.9)} with nine tenths: when the first peer is complete, every`,
      `piece has copies at many. With random picking ${survived('random', 0.5)} survived with half leaving and`,
      `${survived('random', 0.9)} with nine tenths (${complete('random', 0.9)} of all peers got the file): some pieces had so far`,
      'been at one peer alone. When everybody leaves, the last one stays behind with pieces missing',
      `(${complete('rarest first', 1)} complete with rarest first, ${complete('random', 1)} with random).`,
    ),
    paragraph(
      `The report says which piece died and when: in run ${run} with random picking and nine tenths leaving,`,
      `${pieces.length === 1 ? 'piece' : 'pieces'} ${pieces.join(', ')} after ${seconds.toFixed(1)} s, when a peer that was`,
      `complete took the last copy away. ${left} of ${PEERS} peers never got the file.`,
    ),
    paragraph(
      '**What the lecture does not say**: rarest first helps less when the seed is no faster than the peers',
      `(${survived('rarest first, slow seed', 0.5)} runs with half leaving, ${survived('rarest first, slow seed', 0.9)} with nine`,
      'tenths). Then all have what the seed has sent and wait for the rest. The last piece makes whoever gets it complete, and',
      'if that peer leaves at once, with the seed, nobody else gets it: the missing piece syndrome (Hajek and Zhu, 2011). A',
      'seed should give a little more than one copy.',
    ),
    shell(
      commandOf(scenarioOf({ picker: 'rarest', seedUp: 4 * MB }, 0.5)),
      `${commandOf(scenarioOf({ picker: 'random', seedUp: 4 * MB }, 0.9))} --seed ${run}`,
    ),
  ].join('\n\n');
}

/** When the first pieces died, and which. */
function firstLost(lost) {
  const [{ seconds }] = lost;
  return {
    seconds,
    pieces: lost.filter(one => one.seconds === seconds).map(({ piece }) => piece),
    lost: lost.length,
  };
}

/** The first run whose swarm died. */
function firstDeath(runs) {
  const at = runs.findIndex(({ survived }) => !survived);
  const { pieces, seconds, complete } = runs[at];
  return { run: at + 1, pieces, seconds, left: PEERS - complete };
}

function chart(results, { lineChart }) {
  const conclusion = conclude(results);
  return lineChart({
    title: 'Peers that get the whole file',
    subtitle:
      '30 peers, uplinks 0.5, 1 and 2 MB/s; a seed of 4 MB/s (slow: 1) that leaves after one copy; 20 runs each',
    x: { name: 'peers that leave when they are complete', unit: '%', max: 100 },
    y: { name: 'peers that are complete', unit: '%', max: 100 },
    series: KINDS.map(({ kind }) => ({
      name: kind,
      points: LEAVERS.map(leavers => [100 * leavers, 100 * conclusion[nameOf(kind, leavers)].complete]),
      marks: true,
    })),
  });
}
