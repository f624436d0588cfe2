import type { ResolvedGroup, ResolvedScenario } from '../../sim/index.js';
import { formatRates } from '../bound/report.js';
import { formatBytes, formatCount, formatPieceLength, formatRate, formatSeconds } from '../format.js';
import type { Output } from '../output.js';
import { describeLost, type Outcome } from './outcome.js';

/** What a run came to, for people: 80 columns. */
export function printOutcome(output: Output, outcome: Outcome): void {
  const { scenario } = outcome;
  output.line(output.style('bold', describeSwarm(scenario)));
  for (const line of describeRules(scenario)) output.line(line);
  output.line();
  printTimes(output, outcome);
  output.line();
  printBounds(output, outcome);
  output.line();
  printTraffic(output, outcome);
  if (scenario.groups.length > 1) printGroups(output, outcome);
}

/** `100 peers, 1 seed: 67.1 MB in 256 pieces of 256 KiB`. */
export function describeSwarm(scenario: ResolvedScenario): string {
  const { peers, seeds } = scenario;
  return `${formatCount(peers, 'peer')}, ${formatCount(seeds, 'seed')}: ${describeFile(scenario)}`;
}

export function describeFile({ fileBytes, pieces, pieceLength }: ResolvedScenario): string {
  return `${formatBytes(fileBytes)} in ${formatCount(pieces, 'piece')} of ${formatPieceLength(pieceLength)}`;
}

/** Who sends and receives how fast, and by which rules. */
export function describeRules(scenario: ResolvedScenario): [rates: string, rules: string] {
  const { profile, slots, neighbours, picker, superSeeding, seed, fidelity, groups } = scenario;
  const rates = (of: (group: ResolvedGroup) => readonly number[]) => [...new Set(groups.flatMap(of))];
  const down = rates(group => group.down);
  const sends = `${scenario.seeds === 1 ? 'The seed' : 'Each seed'} sends ${formatRate(scenario.seedUp)}, peers send`;
  const receives = down.includes(Number.POSITIVE_INFINITY) ? '' : `, receive ${formatRates(down)}`;
  const rules = [
    slots === Number.POSITIVE_INFINITY ? 'nobody is choked' : formatCount(slots, 'slot'),
    formatCount(neighbours, 'neighbour'),
    `${picker}${picker === 'rarest' ? ' first' : ''}`,
    ...(superSeeding ? ['super-seeding'] : []),
  ];
  return [
    `${sends} ${formatRates(rates(group => group.up))}${receives}`,
    `${profile}: ${rules.join(', ')}; by ${fidelity}s, seed ${seed}`,
  ];
}

function printTimes(output: Output, { report }: Outcome): void {
  const { completion, bounds } = report;
  const line = (name: string, time: string, fluid: string, discrete: string) =>
    `${name.padEnd(18)}${time.padStart(12)}${fluid.padStart(20)}${discrete.padStart(16)}`;
  const { complete, peers } = completion;
  output.line(output.style('bold', line('Time to completion', '', 'x peer-to-peer', 'x by pieces')));
  if (complete < peers)
    output.line(output.style('red', `of the ${complete} of ${peers} peers that completed`));
  const row = (name: string, seconds: number | null) =>
    output.line(
      seconds === null
        ? line(name, '-', '-', '-')
        : line(
            name,
            formatSeconds(seconds),
            over(seconds, bounds.peerToPeer),
            over(seconds, bounds.discrete),
          ),
    );
  row('median', completion.median);
  row('90 %', completion.p90);
  row('99 %', completion.p99);
  row('last', completion.last);
}

function printBounds(output: Output, { scenario, report }: Outcome): void {
  const { clientServer, peerToPeer, discrete } = report.bounds;
  const row = (name: string, seconds: number) =>
    output.line(`${name.padEnd(18)}${formatSeconds(seconds).padStart(12)}`);
  output.line(output.style('bold', 'Least times for such peers'));
  row('client-server', clientServer);
  row('peer-to-peer', peerToPeer);
  row('by pieces', discrete);
  if (!isFlash(scenario))
    output.line('They count from a start at which all peers are there; here some come later.');
}

function isFlash({ groups }: ResolvedScenario): boolean {
  return groups.every(({ arrivals }) => arrivals.kind === 'flash');
}

function printTraffic(output: Output, { scenario, report }: Outcome): void {
  const { completion, bounds, seeds, utilisation, unchokes, wastedBytes } = report;
  const row = (name: string, text: string) => output.line(`${name.padEnd(18)}${text}`);
  if (completion.complete === completion.peers && completion.last !== null && isFlash(scenario))
    row('speed-up', `${over(bounds.clientServer, completion.last)} times as fast as client-server`);
  row('seeds sent', `${seeds.copies.toFixed(2)} copies, ${percent(seeds.share)} of all bytes`);
  row('utilisation', `${percent(utilisation)} of all uplinks`);
  row(
    'unchokes',
    `${unchokes.perPeerMinute.toFixed(1)} a minute by each, ${unchokes.total.toLocaleString('en-US')} in all`,
  );
  if (wastedBytes > 0) row('wasted', formatBytes(wastedBytes));
  if (!report.survived) row('lost', output.style('red', describeLost(report)));
}

/** Their own share of the work, and how long each waited compared with those who contribute. */
function printGroups(output: Output, { scenario, report }: Outcome): void {
  const contributes = scenario.groups.map(({ freeRider, liar }) => !freeRider && !liar);
  const reference = medianOf(
    report.peers.filter(({ group }) => contributes[scenario.groups.findIndex(({ name }) => name === group)]),
  );
  const names = Math.min(18, Math.max(...report.groups.map(({ group }) => group.length), 'group'.length));
  const line = (name: string, ...cells: string[]) =>
    name.slice(0, names).padEnd(names) + cells.map((cell, i) => cell.padStart(i === 0 ? 12 : 10)).join('');
  output.line();
  output.line(
    output.style('bold', line('group', 'complete', 'start', 'median', 'last', 'sent/got', 'factor')),
  );
  for (const { group, peers, complete, start, median, last, uploadedBytes, downloadedBytes } of report.groups)
    output.line(
      line(
        group,
        `${complete}/${peers}`,
        ...[start, median, last].map(seconds => (seconds === null ? '-' : formatSeconds(seconds))),
        downloadedBytes === 0 ? '-' : over(uploadedBytes, downloadedBytes),
        median === null || reference === null ? '-' : over(median, reference),
      ),
    );
  if (contributes.includes(false)) output.line('factor: its median to that of the peers that contribute');
  else output.line('factor: its median to that of all peers');
}

function medianOf(peers: readonly { readonly seconds: number | null }[]): number | null {
  const times = peers.flatMap(({ seconds }) => (seconds === null ? [] : [seconds])).sort((a, b) => a - b);
  return times.length === 0 ? null : times[Math.ceil(times.length / 2) - 1];
}

function over(value: number, bound: number): string {
  return (value / bound).toFixed(2);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
