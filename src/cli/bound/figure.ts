import { type Line, lineChart } from '../charts/index.js';
import { type BoundPlan, type Bounds, boundsOf, evenly, geometrically, type Sweep } from './bounds.js';
import { describeFile, describeRates } from './report.js';

/** Points of a curve; more would fall on the same pixels. */
const MAX_POINTS = 500;

/** Units of the vertical axis and the time from which each is used, in seconds. */
const UNITS = [
  { unit: 'days', seconds: 86_400, from: 3 * 86_400 },
  { unit: 'hours', seconds: 3600, from: 3 * 3600 },
  { unit: 'minutes', seconds: 60, from: 180 },
  { unit: 's', seconds: 1, from: 0 },
];

/** The figure of the textbooks: the time of a server alone rises with the peers, that of a swarm flattens. */
export function drawFigure(plan: BoundPlan, sweep: Sweep, log = false): string {
  const numbers = log ? geometrically(sweep, MAX_POINTS) : evenly(sweep, MAX_POINTS);
  const bounds = numbers.map(peers => boundsOf(plan, peers));
  const longest = Math.max(
    ...bounds.map(({ clientServer, discrete = 0 }) => Math.max(clientServer, discrete)),
  );
  // A logarithmic axis has room for any number of seconds.
  const { unit, seconds } = UNITS.find(({ from }) => (log ? 0 : longest) >= from)!;
  const line = (name: string, of: (bounds: Bounds) => number): Line => ({
    name,
    points: bounds.map(at => [at.peers, of(at) / seconds]),
    marks: bounds.length === 1,
  });
  const series = [
    line('client-server', at => at.clientServer),
    line('peer-to-peer', at => at.peerToPeer),
    ...(plan.pieces === undefined
      ? []
      : [{ ...line(`peer-to-peer, ${plan.pieces} pieces`, at => at.discrete!), dashed: true }]),
  ];
  return lineChart({
    title: 'Least time in which a file reaches all peers',
    subtitle: `${describeFile(plan)}. ${describeRates(plan)}`,
    x: { name: 'peers', whole: true, log, max: sweep.to },
    y: { name: 'time', unit, log },
    series,
  });
}
