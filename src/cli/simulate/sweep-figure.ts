import type { SimulationReport } from '../../sim/index.js';
import { type Line, lineChart } from '../charts/index.js';
import type { Outcome } from './outcome.js';
import { describeRules, describeSwarm } from './table.js';

/** Times and bounds over the number of peers. Both axes are logarithmic: the bounds are factors of hundreds apart. */
export function drawSweep(outcomes: readonly Outcome[]): string {
  const curve = (name: string, of: (report: SimulationReport) => number | null): Line => ({
    name,
    points: outcomes.map(({ scenario, report }) => [scenario.peers, of(report) ?? Number.NaN]),
  });
  const [{ scenario }] = outcomes;
  return lineChart({
    title: 'Time in which a file reaches all peers',
    subtitle: `${describeSwarm(scenario).replace(/^.*?: /, '')}. ${describeRules(scenario)[0]}`,
    x: { name: 'peers', whole: true, log: true, max: outcomes.at(-1)!.scenario.peers },
    y: { name: 'time', unit: 's', log: true },
    series: [
      { ...curve('client-server bound', ({ bounds }) => bounds.clientServer), dashed: true },
      { ...curve('peer-to-peer bound', ({ bounds }) => bounds.peerToPeer), dashed: true },
      { ...curve('bound by pieces', ({ bounds }) => bounds.discrete), dashed: true },
      { ...curve('last peer', ({ completion }) => completion.last), marks: true },
      { ...curve('median peer', ({ completion }) => completion.median), marks: true },
    ],
  });
}
