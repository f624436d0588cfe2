import { type Line, lineChart, timeUnit } from '../charts/index.js';
import { type BoundPlan, type Bounds, boundsOf, evenly, geometrically, type Sweep } from './bounds.js';
import { describeFile, describeRates } from './report.js';

/** Points of a curve; more would fall on the same pixels. */
const MAX_POINTS = 500;

/** The figure of the textbooks: the time of a server alone rises with the peers, that of a swarm flattens. */
export function drawFigure(plan: BoundPlan, sweep: Sweep, log = false): string {
  const numbers = log ? geometrically(sweep, MAX_POINTS) : evenly(sweep, MAX_POINTS);
  const bounds = numbers.map(peers => boundsOf(plan, peers));
  const longest = Math.max(
    ...bounds.map(({ clientServer, discrete = 0 }) => Math.max(clientServer, discrete)),
  );
  // A logarithmic axis has room for any number of seconds.
  const { unit, seconds } = timeUnit(log ? 0 : longest);
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
