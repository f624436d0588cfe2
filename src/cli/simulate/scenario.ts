import { MillraceError } from '../../files.js';
import type { Arrivals, PeerGroup, Scenario } from '../../sim/index.js';

/** What is simulated when nothing is said: a fraction of a second, and enough of a swarm to see it scale. */
export const DEFAULT_SCENARIO: Scenario = {
  fileBytes: 64 * 1024 * 1024,
  seedUp: 2_000_000,
  groups: [{ name: 'peers', peers: 100, up: [2_000_000], down: [Number.POSITIVE_INFINITY] }],
};

/** What the command line says of a scenario, and of each of its groups. */
export interface Flags {
  readonly scenario: Partial<Scenario>;
  readonly group: Partial<PeerGroup>;
}

/** A scenario and what the command line changes of it. */
export interface Order {
  readonly base: Scenario;
  readonly flags: Flags;
  /** Shares of the only group that become groups of their own. */
  readonly freeRiders?: number;
  readonly liars?: number;
}

export function buildScenario(
  { base, flags, freeRiders, liars }: Order,
  peers = flags.group.peers,
): Scenario {
  const scaled = peers === undefined ? base.groups : scale(base.groups, peers);
  const { peers: _, ...fields } = flags.group;
  const groups = scaled.map(group => ({ ...group, ...fields }));
  const parts: Part[] = [];
  if (freeRiders !== undefined)
    parts.push({ name: 'free riders', share: freeRiders, marks: { freeRider: true } });
  if (liars !== undefined) parts.push({ name: 'liars', share: liars, marks: { liar: true } });
  return { ...base, ...flags.scenario, groups: parts.length === 0 ? groups : split(groups, parts) };
}

/** So many peers in all, the groups in proportion: what is left by rounding goes to the largest remainders. */
function scale(groups: readonly PeerGroup[], peers: number): PeerGroup[] {
  const all = groups.reduce((sum, group) => sum + group.peers, 0);
  const shares = groups.map(group => group.peers * peers);
  const counts = shares.map(share => Math.floor(share / all));
  const left = peers - counts.reduce((sum, count) => sum + count, 0);
  const byRemainder = groups.map((_, i) => i).sort((a, b) => (shares[b] % all) - (shares[a] % all));
  for (const i of byRemainder.slice(0, left)) counts[i]++;
  return groups.map((group, i) => {
    if (counts[i] === 0 && groups.length > 1)
      refuse('peers', `${peers} in all leave nobody for the group "${group.name}"`);
    return { ...group, peers: counts[i] };
  });
}

interface Part {
  readonly name: string;
  readonly share: number;
  readonly marks: Partial<PeerGroup>;
}

/** Takes shares of the only group out of it. They arrive among the others, as before. */
function split(groups: readonly PeerGroup[], parts: readonly Part[]): PeerGroup[] {
  const [group] = groups;
  if (groups.length > 1)
    refuse('free-riders', 'free riders and liars of several groups are said in the file');
  const counts = parts.map(({ name, share }) => {
    const count = Math.round(group.peers * share);
    if (count === 0) refuse('free-riders', `${share * 100} % of ${group.peers} peers are no ${name}`);
    return count;
  });
  const rest = group.peers - counts.reduce((sum, count) => sum + count, 0);
  if (rest < 0) refuse('free-riders', 'free riders and liars are more than all peers');
  const arrivals = deal(group.arrivals, [rest, ...counts]);
  const all = [
    { ...group, peers: rest },
    ...parts.map(({ name, marks }, i) => ({ ...group, name, peers: counts[i], ...marks })),
  ];
  return all
    .map((part, i) => (arrivals === undefined ? part : { ...part, arrivals: arrivals[i] }))
    .filter(part => part.peers > 0);
}

/** The arrivals of so many and so many peers that together arrive so. */
function deal(arrivals: Arrivals | undefined, counts: readonly number[]): Arrivals[] | undefined {
  if (arrivals === undefined || arrivals.kind === 'flash') return undefined;
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (arrivals.kind === 'poisson')
    return counts.map(count => ({ kind: 'poisson', perSecond: (arrivals.perSecond * count) / all }));
  const times = counts.map((): number[] => []);
  arrivals.atMs.slice(0, all).forEach((atMs, i) => {
    const behind = counts.map((count, part) => (count * (i + 1)) / all - times[part].length);
    times[behind.indexOf(Math.max(...behind))].push(atMs);
  });
  return times.map(atMs => ({ kind: 'trace', atMs }));
}

function refuse(option: string, message: string): never {
  throw new MillraceError('ERR_OPTION', message, { option });
}
