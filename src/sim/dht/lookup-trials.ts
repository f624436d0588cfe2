import { randomId } from '../../engine/dht/distance.js';
import type { DhtLookupResult } from '../../engine/dht/node-types.js';
import { GrownNetwork, type GrownNetworkOptions } from './grown-network.js';
import type { Resident } from './population.js';

/** Nodes that a lookup is to find (BEP 5). */
const K = 8;

/** Virtual time between the starts of two lookups. */
const APART_MS = 200;

/** Longer than any lookup. */
const PATIENCE_MS = 120_000;

export interface LookupTrial {
  /** Honest ones among the 8 closest that live, and how many of these were found. */
  readonly due: number;
  readonly found: number;
  readonly result: DhtLookupResult;
}

export interface LookupReport {
  readonly nodes: number;
  readonly trials: readonly LookupTrial[];
  /** Lookups that did not end. */
  readonly lost: number;
  /** Of all that were due. */
  readonly foundShare: number;
  /** Of the lookups, those that found everything. */
  readonly completeShare: number;
  readonly mostHops: number;
  readonly meanHops: number;
  readonly meanQueries: number;
  readonly meanMs: number;
  readonly packets: number;
}

/** Most hops that a lookup may take: log2(nodes) + 4. */
export function hopBound(nodes: number): number {
  return 31 - Math.clz32(nodes) + 4;
}

/** Looks for places by chance, from nodes by chance. */
export function tryLookups(options: GrownNetworkOptions & { readonly lookups: number }): LookupReport {
  const network = new GrownNetwork(options);
  const { clock, rng, population } = network;
  const honest = population.living.filter(({ character }) => character === 'honest');
  const trials: LookupTrial[] = [];
  for (let i = 0; i < options.lookups; i++) {
    const target = randomId(rng);
    const from = honest[rng.below(honest.length)];
    clock.runUntil(clock.nowMs + APART_MS);
    const seeker = network.at(from);
    seeker.idle = false;
    const closest = population.closest(target, K + 1).filter(resident => resident !== from);
    const onDone = (result: DhtLookupResult) => trials.push(judge(closest.slice(0, K), result));
    seeker.node.findNode(target, { onDone }, clock.nowMs);
    seeker.pump();
  }
  clock.runUntil(clock.nowMs + PATIENCE_MS);
  return report(options.nodes, options.lookups, trials, network.net.sent);
}

function judge(closest: readonly Resident[], result: DhtLookupResult): LookupTrial {
  const found = new Set(result.closest.map(({ host }) => host));
  const due = closest.filter(({ character }) => character === 'honest');
  return { due: due.length, found: due.filter(({ host }) => found.has(host)).length, result };
}

function report(nodes: number, lookups: number, trials: LookupTrial[], packets: number): LookupReport {
  const sum = (of: (trial: LookupTrial) => number) => trials.reduce((total, trial) => total + of(trial), 0);
  const mean = (of: (trial: LookupTrial) => number) => sum(of) / trials.length;
  return {
    nodes,
    trials,
    lost: lookups - trials.length,
    foundShare: sum(trial => trial.found) / sum(trial => trial.due),
    completeShare: mean(trial => (trial.found === trial.due ? 1 : 0)),
    mostHops: trials.reduce((most, { result }) => Math.max(most, result.hops), 0),
    meanHops: mean(trial => trial.result.hops),
    meanQueries: mean(trial => trial.result.queries),
    meanMs: mean(trial => trial.result.elapsedMs),
    packets,
  };
}
