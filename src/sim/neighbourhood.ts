import type { SimTracker } from './tracker.js';

/** Who a peer that joins, or has lost neighbours, connects to: the same rule for both fidelities. */
export interface Neighbourhood {
  /** Neighbours that a peer has on average where there are enough peers. */
  readonly neighbours: number;
  /** Downloaders know the seeds alone (client–server). */
  readonly starOfSeeds: boolean;
}

/** A peer takes connections of others up to so many times the average. */
const MOST_TIMES = 2;

export function mostNeighbours({ neighbours }: Neighbourhood): number {
  return MOST_TIMES * neighbours;
}

/**
 * Calls `connect` for peers by lot until enough of them agree. Each opens half of its connections and gets the other
 * half from those that come later; in a swarm that is smaller than that, and around seeds alone, all are offered.
 */
export function seekNeighbours(
  { neighbours, starOfSeeds }: Neighbourhood,
  tracker: SimTracker,
  peer: number,
  connect: (other: number) => boolean,
): void {
  if (starOfSeeds || tracker.size - 1 <= neighbours)
    for (const other of tracker.everybodyBut(peer)) connect(other);
  else tracker.offer(peer, connect, Math.ceil(neighbours / 2));
}
