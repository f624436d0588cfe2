import { cdfChart, type Line, lineChart, type Point, stack, timeUnit } from '../charts/index.js';
import { formatSeconds } from '../format.js';
import type { Outcome } from './outcome.js';
import { describeRules, describeSwarm } from './table.js';

/** Three charts of a run, one below the other: who is complete, how many copies there are, how busy the uplinks are. */
export function drawOutcome(outcome: Outcome): string {
  return stack([drawCompletion(outcome), drawCopies(outcome), drawUse(outcome)]);
}

const PANEL = { width: 860, height: 300 };
/** Room behind the last peer, so that its step is seen. */
const ROOM = 1.05;

/** What share of each group is complete so long after its arrival, and the bounds. */
function drawCompletion({ scenario, report }: Outcome): string {
  const { bounds, completion, endSeconds } = report;
  const longest = ROOM * Math.max(completion.last ?? endSeconds, bounds.discrete);
  const { unit, seconds } = timeUnit(longest);
  const all = [
    { name: 'client-server bound', at: bounds.clientServer },
    { name: 'peer-to-peer bound', at: bounds.peerToPeer },
    { name: 'bound by pieces', at: bounds.discrete },
  ];
  const beyond = all.filter(({ at }) => at > longest).map(({ name, at }) => `; ${name} ${formatSeconds(at)}`);
  return cdfChart({
    title: describeSwarm(scenario),
    subtitle: describeRules(scenario)[0] + beyond.join(''),
    share: 'complete peers',
    x: { name: 'time since arrival', unit, max: longest / seconds },
    series: report.groups.map(({ group, peers }) => ({
      name: report.groups.length === 1 ? 'peers' : group,
      values: report.peers.flatMap(peer =>
        peer.group === group && peer.seconds !== null ? [peer.seconds / seconds] : [],
      ),
      of: peers,
    })),
    marks: all.filter(({ at }) => at <= longest).map(({ name, at }) => ({ name, at: at / seconds })),
    size: { ...PANEL, height: 380 },
  });
}

/** How many have the rarest piece, and any piece on average: a rarest at 0 is a file that is lost. */
function drawCopies(outcome: Outcome): string {
  return overTime(outcome, 'Copies of a piece', { name: 'copies' }, [
    ['on average', sample => sample.meanCopies],
    ['of the rarest', sample => sample.rarestCopies],
  ]);
}

function drawUse(outcome: Outcome): string {
  return overTime(outcome, 'Use of the uplinks', { name: 'used', unit: '%', max: 100 }, [
    ['all uplinks', sample => 100 * sample.utilisation],
    ["the seeds' part of all bytes so far", sample => 100 * sample.seedShare],
  ]);
}

type SampleOf = (sample: Outcome['report']['samples'][number]) => number;

function overTime(
  { report: { samples, endSeconds } }: Outcome,
  title: string,
  y: { name: string; unit?: string; max?: number },
  curves: readonly (readonly [name: string, of: SampleOf])[],
): string {
  const { unit, seconds } = timeUnit(endSeconds);
  return lineChart({
    title,
    x: { name: 'time', unit, max: endSeconds / seconds },
    y,
    series: curves.map(
      ([name, of]): Line => ({ name, points: samples.map((at): Point => [at.seconds / seconds, of(at)]) }),
    ),
    size: PANEL,
  });
}
