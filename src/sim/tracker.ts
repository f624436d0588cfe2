import type { Rng } from '../engine/policy/rng.js';

/** Keeps the list of present peers and gives a new one a random part of it, as the tracker of a torrent does. */
export class SimTracker {
  readonly #peers: number[] = [];
  readonly #places = new Map<number, number>();

  constructor(readonly rng: Rng) {}

  get size(): number {
    return this.#peers.length;
  }

  add(peer: number): void {
    this.#places.set(peer, this.#peers.length);
    this.#peers.push(peer);
  }

  remove(peer: number): void {
    const place = this.#places.get(peer);
    if (place === undefined) return;
    const last = this.#peers.pop()!;
    this.#places.delete(peer);
    if (last === peer) return;
    this.#peers[place] = last;
    this.#places.set(last, place);
  }

  /** Different peers by lot, `asker` left out, until `take` has taken so many or enough were offered. */
  offer(asker: number, take: (peer: number) => boolean, wanted: number): void {
    const offered = new Set<number>([asker]);
    // A list that is nearly used up is not searched for its last entries by lot.
    const most = Math.min(this.size, 4 * wanted + 16);
    for (let taken = 0, draws = 0; taken < wanted && offered.size < this.size && draws < 2 * most; draws++) {
      const peer = this.#peers[this.rng.below(this.size)];
      if (offered.has(peer)) continue;
      offered.add(peer);
      if (take(peer)) taken++;
    }
  }

  everybodyBut(asker: number): number[] {
    return this.#peers.filter(peer => peer !== asker);
  }
}
