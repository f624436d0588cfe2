import { formatRate, formatSeconds, round3, safeText } from '../format.js';
import { formatLimitedBy, roundLimitedBy } from '../limited-by.js';
import type { Output } from '../output.js';
import type { Capacities, SwarmResult } from './result.js';

/** Where no terminal says how wide it is. */
const DEFAULT_COLUMNS = 80;

/** The last JSON object of a swarm. */
export function swarmEvent({ peers, seedLimitedBy, seedCopies, median, last, bound }: SwarmResult): object {
  const { clientServer, peerToPeer, discrete } = bound;
  return {
    peers: peers.map(({ id, seconds = Number.NaN, rate = Number.NaN, ok, limitedBy }) => ({
      id,
      seconds: round3(seconds),
      rate: Number.isFinite(rate) ? Math.round(rate) : null,
      ok,
      limitedBy: roundLimitedBy(limitedBy),
    })),
    seed: { limitedBy: roundLimitedBy(seedLimitedBy), copies: round3(seedCopies) },
    median: round3(median),
    last: round3(last),
    bound: { clientServer: round3(clientServer), peerToPeer: round3(peerToPeer), discrete: round3(discrete) },
    ratio: { median: round3(median / peerToPeer), last: round3(last / peerToPeer) },
  };
}

/** Where the bounds come from, as JSON. */
export function capacitiesEvent({ seedUp, up, down, seedUpMeasured, upMeasured }: Capacities): object {
  const whole = (rate: number) => (Number.isFinite(rate) ? Math.round(rate) : null);
  return { seedUp: whole(seedUp), up: up.map(whole), down: whole(down), seedUpMeasured, upMeasured };
}

export function printReport(output: Output, result: SwarmResult): void {
  const { median, last, bound, capacities } = result;
  const width = printPeers(output, result);
  if (Number.isNaN(last)) return;

  output.line(`${'median'.padEnd(width)}  ${formatSeconds(median).padStart(10)}`);
  output.line(`${'last'.padEnd(width)}  ${formatSeconds(last).padStart(10)}`);
  output.line();
  output.line(
    output.style('bold', 'Lower bounds of the distribution time, and our time as a multiple of them'),
  );
  const row = (name: string, seconds: number) => {
    const ratio = (time: number) => (time / seconds).toFixed(2);
    output.line(
      `${name.padEnd(14)} ${formatSeconds(seconds).padStart(10)}   median ${ratio(median)}   last ${ratio(last)}`,
    );
  };
  row('peer-to-peer', bound.peerToPeer);
  row('by pieces', bound.discrete);
  row('client-server', bound.clientServer);
  printCapacities(output, capacities);
}

/** The seed is a row of its own: it has no time, but says what it waited for. @returns the width of the names */
function printPeers(output: Output, { peers, seedLimitedBy, seedCopies }: SwarmResult): number {
  const names = Math.max(...peers.map(peer => peer.id.length), 'median'.length);
  const lead = (id: string, time: string, rate: string) =>
    `${id.padEnd(names)}  ${time.padStart(10)}  ${rate.padStart(12)}  `;
  const head = lead('peer', 'time', 'rate');
  const room = (output.terminal?.columns ?? DEFAULT_COLUMNS) - head.length - '  SHA-256'.length;
  const causes = [...peers.map(peer => peer.limitedBy), seedLimitedBy].map(by => formatLimitedBy(by, room));
  const wide = Math.max(...causes.map(text => text.length), 'limited by'.length);
  output.line();
  output.line(output.style('bold', `${head}${'limited by'.padEnd(wide)}  SHA-256`));
  peers.forEach(({ id, seconds, rate, ok, error }, i) => {
    const time = seconds === undefined ? '-' : formatSeconds(seconds);
    const verdict = ok ? output.style('green', 'ok') : output.style('red', safeText(error ?? 'failed'));
    const text = lead(id, time, rate === undefined ? '-' : formatRate(rate)) + causes[i].padEnd(wide);
    output.line(`${text}  ${verdict}`);
  });
  const sent = `${causes[peers.length].padEnd(wide)}  sent ${seedCopies.toFixed(2)} copies`;
  output.line(lead('seed', '-', '-') + sent);
  return names;
}

function printCapacities(output: Output, capacities: Capacities): void {
  const { seedUp, up, down, seedUpMeasured, upMeasured } = capacities;
  const slowest = formatRate(Math.min(...up));
  const fastest = formatRate(Math.max(...up));
  const row = (name: string, rate: string, measured: boolean) =>
    output.line(`${name.padEnd(14)} ${rate}${measured ? ', measured' : ''}`);
  output.line();
  output.line(output.style('bold', 'Rates that the bounds are computed from'));
  row('seed sends', formatRate(seedUp), seedUpMeasured);
  row('peers send', slowest === fastest ? fastest : `${slowest} to ${fastest}`, upMeasured);
  row('peers receive', Number.isFinite(down) ? formatRate(down) : 'without limit', false);
  if (seedUpMeasured || upMeasured) {
    output.line(
      'Measured: no limit was set, so the highest rate that was seen stands for what could be sent.',
    );
  }
}
