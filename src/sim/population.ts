import type { DeparturePolicy } from '../engine/policy/departure.js';
import { createRng, type Rng, shuffle } from '../engine/policy/rng.js';
import { type Arrivals, type ResolvedGroup, type ResolvedScenario, SEED_GROUP } from './scenario.js';

/** Who a simulated peer is and what it will do, drawn before the run begins. Rates in bytes a ms. */
export interface PeerPlan {
  readonly number: number;
  /** Name of its group; `seed` for those that have everything from the start. */
  readonly group: string;
  readonly isSeed: boolean;
  readonly up: number;
  readonly down: number;
  readonly arriveMs: number;
  readonly departure: DeparturePolicy;
  readonly freeRider: boolean;
  readonly liar: boolean;
  /** Gives up with so many pieces; Infinity never. */
  readonly abortAtPieces: number;
  /** Vanishes with so many pieces and returns after a while; Infinity never. */
  readonly vanishAtPieces: number;
  readonly awayMs: number;
}

/** All peers of the scenario, seeds first, then group by group. */
export function drawPopulation(scenario: ResolvedScenario): PeerPlan[] {
  const rng = createRng(scenario.seed);
  const plans: PeerPlan[] = [];
  for (let i = 0; i < scenario.seeds; i++)
    plans.push({
      number: plans.length,
      group: SEED_GROUP,
      isSeed: true,
      up: scenario.seedUp / 1000,
      down: Number.POSITIVE_INFINITY,
      arriveMs: 0,
      departure: { kind: 'stay' },
      freeRider: false,
      liar: false,
      abortAtPieces: Number.POSITIVE_INFINITY,
      vanishAtPieces: Number.POSITIVE_INFINITY,
      awayMs: 0,
    });
  for (const group of scenario.groups) drawGroup(group, scenario.pieces, rng, plans);
  return plans;
}

function drawGroup(group: ResolvedGroup, pieces: number, rng: Rng, plans: PeerPlan[]): void {
  const arriveMs = drawArrivals(group.arrivals, group.peers, rng);
  const leaves = drawShare(group.peers, group.leavers, rng);
  const aborts = drawShare(group.peers, group.aborts, rng);
  const returns = drawShare(group.peers, group.returns, rng);
  const middle = () => 1 + rng.below(Math.max(1, pieces - 1));
  for (let i = 0; i < group.peers; i++)
    plans.push({
      number: plans.length,
      group: group.name,
      isSeed: false,
      up: group.up[i % group.up.length] / 1000,
      down: group.down[i % group.down.length] / 1000,
      arriveMs: arriveMs[i],
      departure: leaves[i] ? { kind: 'leave' } : group.departure,
      freeRider: group.freeRider,
      liar: group.liar,
      abortAtPieces: aborts[i] ? middle() : Number.POSITIVE_INFINITY,
      vanishAtPieces: returns[i] ? middle() : Number.POSITIVE_INFINITY,
      awayMs: group.awayMs,
    });
}

function drawArrivals(arrivals: Arrivals, peers: number, rng: Rng): number[] {
  if (arrivals.kind === 'flash') return new Array(peers).fill(0);
  if (arrivals.kind === 'trace') return arrivals.atMs.slice(0, peers);
  let atMs = 0;
  return Array.from({ length: peers }, () => {
    atMs += (exponential(rng) * 1000) / arrivals.perSecond;
    return atMs;
  });
}

/** Which of the peers belong to the share: exactly that many, by lot. */
function drawShare(peers: number, share: number, rng: Rng): boolean[] {
  const count = Math.round(peers * share);
  const chosen = Array.from({ length: peers }, (_, i) => i < count);
  return count === 0 || count === peers ? chosen : shuffle(chosen, rng);
}

/**
 * Exponential of mean 1 by von Neumann's comparison of uniforms (1951): no logarithm, whose last bit may differ
 * between engines.
 */
export function exponential(rng: Rng): number {
  for (let whole = 0; ; whole++) {
    const first = rng.fraction();
    let last = first;
    let run = 1;
    for (let next = rng.fraction(); next < last; next = rng.fraction()) {
      last = next;
      run++;
    }
    if (run % 2 === 1) return whole + first;
  }
}

/** Who arrives when: those of one moment together, moments in the order of their first peers. */
export function arrivalsByMoment(plans: readonly PeerPlan[]): Map<number, PeerPlan[]> {
  const moments = new Map<number, PeerPlan[]>();
  for (const plan of plans) {
    const together = moments.get(plan.arriveMs);
    if (together === undefined) moments.set(plan.arriveMs, [plan]);
    else together.push(plan);
  }
  return moments;
}
