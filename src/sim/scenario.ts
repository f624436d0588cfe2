import { MillraceError } from '../engine/errors.js';
import { checkDeparture, type DeparturePolicy } from '../engine/policy/departure.js';
import { peerToPeerSeconds } from './bounds.js';
import { PROFILES, type ProfileName, type ProfileRules } from './profiles.js';

/** How peers come. `trace`: a time for each peer of the group, in ms. */
export type Arrivals =
  | { readonly kind: 'flash' }
  | { readonly kind: 'poisson'; readonly perSecond: number }
  | { readonly kind: 'trace'; readonly atMs: readonly number[] };

/** Peers of one kind. Rates in bytes a second; a list is dealt out in turn. */
export interface PeerGroup {
  readonly name: string;
  readonly peers: number;
  readonly up: number | readonly number[];
  readonly down: number | readonly number[];
  readonly arrivals?: Arrivals;
  /** What a peer does when it is complete. Defaults to staying. */
  readonly departure?: DeparturePolicy;
  /** Share of the peers that leave at once when they are complete, whatever `departure` says. */
  readonly leavers?: number;
  /** Share of the peers that give up in the middle, at a piece drawn by lot, and do not come back. */
  readonly aborts?: number;
  /** Share of the peers that vanish once in the middle and come back under another address after `awayMs`. */
  readonly returns?: number;
  readonly awayMs?: number;
  /** Never uploads. */
  readonly freeRider?: boolean;
  /** Sends bad data in place of blocks. */
  readonly liar?: boolean;
}

/** A swarm to simulate: what is shared, by whom, under which rules. Everything but the groups has a default. */
export interface Scenario {
  readonly fileBytes: number;
  /** Defaults to 256 KiB. */
  readonly pieceLength?: number;
  readonly groups: readonly PeerGroup[];
  /** Peers that have everything from the start. Defaults to 1. */
  readonly seeds?: number;
  /** Of each seed, bytes a second. */
  readonly seedUp: number;
  /** When the seeds go. Defaults to never. */
  readonly seedLeaves?: 'never' | 'after-one-copy';
  /** Decides all luck of the run. Defaults to 1. */
  readonly seed?: number;
  /** `block`: every message of the wire. `piece`: a flow for each piece, for large swarms. Defaults to `piece`. */
  readonly fidelity?: 'block' | 'piece';
  /** Defaults to `classic`. The fields below override what it sets. */
  readonly profile?: ProfileName;
  readonly slots?: number;
  readonly reviewMs?: number;
  /** 0: no optimistic unchoke. */
  readonly optimisticMs?: number;
  readonly neighbours?: number;
  readonly picker?: ProfileRules['picker'];
  readonly superSeeding?: boolean;
  readonly uplink?: ProfileRules['uplink'];
  /** One way, between any two peers. Defaults to 0. */
  readonly latencyMs?: number;
  /** Virtual time after which the run ends, done or not. Defaults to 30 days. */
  readonly limitMs?: number;
}

/** A scenario with nothing left open. */
export interface ResolvedScenario extends Required<Omit<Scenario, 'groups'>> {
  readonly groups: readonly ResolvedGroup[];
  readonly pieces: number;
  /** Downloaders, all groups together. */
  readonly peers: number;
}

export type ResolvedGroup = Required<PeerGroup> & {
  readonly up: readonly number[];
  readonly down: readonly number[];
};

/** What reports call the seeds. */
export const SEED_GROUP = 'seed';

const DEFAULT_PIECE_LENGTH = 256 * 1024;
const DEFAULT_LIMIT_MS = 30 * 86_400_000;
const DEFAULT_AWAY_MS = 30_000;
/** What 32 bits of addresses and 8 GB of memory hold. */
export const MAX_SIMULATED_PEERS = 1_000_000;
export const MAX_SIMULATED_PIECES = 1_048_576;

/** @throws MillraceError ERR_OPTION that names the field, its value and the bounds */
export function resolveScenario(scenario: Scenario): ResolvedScenario {
  const profile = scenario.profile ?? 'classic';
  if (!Object.hasOwn(PROFILES, profile))
    refuse('profile', profile, `one of ${Object.keys(PROFILES).join(', ')}`);
  const rules = PROFILES[profile];
  const fileBytes = whole('fileBytes', scenario.fileBytes, 1, Number.MAX_SAFE_INTEGER);
  const pieceLength = whole('pieceLength', scenario.pieceLength ?? DEFAULT_PIECE_LENGTH, 1, 2 ** 29);
  const pieces = whole('pieces', Math.ceil(fileBytes / pieceLength), 1, MAX_SIMULATED_PIECES);
  const groups = scenario.groups.map(group => resolveGroup(group));
  checkNames(groups);
  const peers = groups.reduce((sum, group) => sum + group.peers, 0);
  whole('peers', peers, 1, MAX_SIMULATED_PEERS);
  return {
    fileBytes,
    pieceLength,
    pieces,
    groups,
    peers,
    seeds: whole('seeds', scenario.seeds ?? 1, 0, MAX_SIMULATED_PEERS),
    seedUp: positive('seedUp', scenario.seedUp),
    seedLeaves: oneOf('seedLeaves', scenario.seedLeaves ?? 'never', ['never', 'after-one-copy']),
    seed: whole('seed', scenario.seed ?? 1, 0, 2 ** 32 - 1),
    fidelity: oneOf('fidelity', scenario.fidelity ?? 'piece', ['block', 'piece']),
    profile,
    slots:
      scenario.slots === Number.POSITIVE_INFINITY
        ? scenario.slots
        : whole('slots', scenario.slots ?? rules.slots, 0, Number.POSITIVE_INFINITY),
    reviewMs: positive('reviewMs', scenario.reviewMs ?? rules.reviewMs),
    optimisticMs: atLeast0('optimisticMs', scenario.optimisticMs ?? rules.optimisticMs),
    neighbours: whole('neighbours', scenario.neighbours ?? rules.neighbours, 1, 10_000),
    picker: oneOf('picker', scenario.picker ?? rules.picker, ['rarest', 'random', 'sequential']),
    superSeeding: scenario.superSeeding ?? rules.superSeeding,
    uplink: oneOf('uplink', scenario.uplink ?? rules.uplink, ['turns', 'fair']),
    latencyMs: atLeast0('latencyMs', scenario.latencyMs ?? 0),
    limitMs: positive('limitMs', scenario.limitMs ?? DEFAULT_LIMIT_MS),
  };
}

function checkNames(groups: readonly ResolvedGroup[]): void {
  const taken = new Set([SEED_GROUP]);
  for (const { name } of groups) {
    if (taken.has(name)) refuse('name', name, 'a name that nobody else has');
    taken.add(name);
  }
}

/** About how long the run takes: samples are spread over it. */
export function expectedMs({ fileBytes, peers, seeds, seedUp, groups }: ResolvedScenario): number {
  const seconds = peerToPeerSeconds({
    fileBytes,
    peers,
    seedUpBytesPerSecond: seedUp * Math.max(1, seeds),
    upBytesPerSecond: groups[0].up,
  });
  return 1000 * seconds;
}

function resolveGroup(group: PeerGroup): ResolvedGroup {
  const { name } = group;
  const peers = whole(`${name}: peers`, group.peers, 1, MAX_SIMULATED_PEERS);
  const arrivals = group.arrivals ?? { kind: 'flash' };
  if (arrivals.kind === 'poisson') positive(`${name}: arrivals.perSecond`, arrivals.perSecond);
  if (arrivals.kind === 'trace') {
    if (arrivals.atMs.length < peers)
      refuse(`${name}: arrivals.atMs`, arrivals.atMs.length, `a list of ${peers} times`);
    for (const atMs of arrivals.atMs) atLeast0(`${name}: arrivals.atMs`, atMs);
  }
  return {
    name,
    peers,
    up: rates(`${name}: up`, group.up),
    down: rates(`${name}: down`, group.down, Number.POSITIVE_INFINITY),
    arrivals,
    departure: checkDeparture(group.departure ?? { kind: 'stay' }),
    leavers: share(`${name}: leavers`, group.leavers ?? 0),
    aborts: share(`${name}: aborts`, group.aborts ?? 0),
    returns: share(`${name}: returns`, group.returns ?? 0),
    awayMs: positive(`${name}: awayMs`, group.awayMs ?? DEFAULT_AWAY_MS),
    freeRider: group.freeRider ?? false,
    liar: group.liar ?? false,
  };
}

function rates(name: string, given: number | readonly number[], most = Number.MAX_VALUE): number[] {
  const list = typeof given === 'number' ? [given] : [...given];
  if (list.length === 0) refuse(name, 0, 'at least one rate');
  for (const rate of list) if (!(rate > 0 && rate <= most)) refuse(name, rate, 'a number above 0');
  return list;
}

function whole(name: string, value: number, min: number, max: number): number {
  if (!((Number.isSafeInteger(value) || value === max) && value >= min && value <= max))
    refuse(name, value, `a whole number from ${min} to ${max}`);
  return value;
}

function positive(name: string, value: number): number {
  if (!(value > 0 && Number.isFinite(value))) refuse(name, value, 'a number above 0');
  return value;
}

function atLeast0(name: string, value: number): number {
  if (!(value >= 0 && Number.isFinite(value))) refuse(name, value, 'a number from 0');
  return value;
}

function share(name: string, value: number): number {
  if (!(value >= 0 && value <= 1)) refuse(name, value, 'a share from 0 to 1');
  return value;
}

function oneOf<T extends string>(name: string, value: T, all: readonly T[]): T {
  if (!all.includes(value)) refuse(name, value, `one of ${all.join(', ')}`);
  return value;
}

function refuse(option: string, value: string | number, bounds: string): never {
  throw new MillraceError('ERR_OPTION', `${option} is ${value}, must be ${bounds}`, { option, value });
}
