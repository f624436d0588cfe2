import type { SimulationReport } from '../../sim/index.js';
import { type Line, lineChart, stack } from '../charts/index.js';
import type { Outcome } from './outcome.js';
import { describeFile, describeRules } from './table.js';

type Numbers = (report: SimulationReport) => number | null;

const PANEL = { width: 860, height: 360 };

/** Times and bounds over the number of peers, on logarithmic axes; below, how far the times are from the bound. */
export function drawSweep(outcomes: readonly Outcome[]): string {
  const [{ scenario }] = outcomes;
  const curve = (name: string, of: Numbers): Line => ({
    name,
    points: outcomes.map(({ scenario, report }) => [scenario.peers, of(report) ?? Number.NaN]),
    marks: true,
  });
  const bound = (name: string, of: Numbers): Line => ({ ...curve(name, of), marks: false, dashed: true });
  const peers = { name: 'peers', whole: true, log: true, max: outcomes.at(-1)!.scenario.peers };
  const times = lineChart({
    title: 'Time in which a file reaches all peers',
    subtitle: `${describeFile(scenario)}. ${describeRules(scenario)[0]}`,
    x: peers,
    y: { name: 'time', unit: 's', log: true },
    series: [
      curve('last peer', ({ completion }) => completion.last),
      bound('client-server bound', ({ bounds }) => bounds.clientServer),
      bound('peer-to-peer bound', ({ bounds }) => bounds.peerToPeer),
    ],
    size: PANEL,
  });
  const ratios = lineChart({
    title: 'As a multiple of the peer-to-peer bound',
    x: peers,
    y: { name: 'ratio' },
    series: [
      curve('last peer', ({ ratio }) => ratio.peerToPeer.last),
      curve('median peer', ({ ratio }) => ratio.peerToPeer.median),
      bound('bound by pieces', ({ bounds }) => bounds.discrete / bounds.peerToPeer),
    ],
    size: PANEL,
  });
  return stack([times, ratios]);
}
