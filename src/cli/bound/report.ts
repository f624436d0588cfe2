import { formatBytes, formatCount, formatRate, formatSeconds } from '../format.js';
import type { Output } from '../output.js';
import { type BoundPlan, type Bounds, ratioOf } from './bounds.js';

/** Bounds as a JSON object. */
export function boundEvent({ fileBytes, pieces }: BoundPlan, bounds: Bounds): object {
  const { peers, clientServer, peerToPeer, discrete = null } = bounds;
  return {
    length: fileBytes,
    peers,
    pieces: pieces ?? null,
    bound: { clientServer, peerToPeer, discrete },
    ratio: ratioOf(bounds),
  };
}

export function printBounds(output: Output, plan: BoundPlan, bounds: Bounds): void {
  const { peers, clientServer, peerToPeer, discrete } = bounds;
  const row = (name: string, text: string) => output.line(`${name.padEnd(14)}${text.padStart(12)}`);
  output.line(output.style('bold', `Least time in which a file reaches ${formatCount(peers, 'peer')}`));
  output.line(describeFile(plan));
  output.line(describeRates(plan));
  output.line();
  row('client-server', formatSeconds(clientServer));
  row('peer-to-peer', formatSeconds(peerToPeer));
  if (discrete !== undefined) row('by pieces', formatSeconds(discrete));
  row('ratio', ratioOf(bounds).toFixed(2));
}

export function printSweep(output: Output, plan: BoundPlan, rows: readonly Bounds[]): void {
  const pieces = plan.pieces !== undefined;
  const line = (...cells: string[]) => cells.map(cell => cell.padStart(15)).join('');
  const discrete = (text: string) => (pieces ? [text] : []);
  output.line(describeFile(plan));
  output.line(describeRates(plan));
  output.line();
  output.line(
    output.style('bold', line('peers', 'client-server', 'peer-to-peer', ...discrete('by pieces'), 'ratio')),
  );
  for (const bounds of rows) {
    output.line(
      line(
        `${bounds.peers}`,
        formatSeconds(bounds.clientServer),
        formatSeconds(bounds.peerToPeer),
        ...discrete(formatSeconds(bounds.discrete ?? 0)),
        ratioOf(bounds).toFixed(2),
      ),
    );
  }
}

/** `1.0 GB in 1,000 pieces`. */
export function describeFile({ fileBytes, pieces }: BoundPlan): string {
  return formatBytes(fileBytes) + (pieces === undefined ? '' : ` in ${formatCount(pieces, 'piece')}`);
}

/** `The seed sends 10.0 MB/s, peers send 1.0 MB/s`. */
export function describeRates({ seedUp, up, down }: BoundPlan): string {
  const receive = down === undefined ? '' : `, receive ${formatRates(down)}`;
  return `The seed sends ${formatRate(seedUp)}, peers send ${formatRates(up)}${receive}`;
}

/** The longest list that is shown rate by rate. */
const MAX_RATES = 4;

export function formatRates(rates: readonly number[]): string {
  const [first] = rates;
  if (rates.every(rate => rate === first)) return formatRate(first);
  if (rates.length <= MAX_RATES) return rates.map(formatRate).join(' or ');
  return `${formatRate(Math.min(...rates))} to ${formatRate(Math.max(...rates))}`;
}
