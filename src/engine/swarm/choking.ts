import type { ChokePeer, Choker } from '../policy/choker.js';
import { type SlotGrowth, slotsByRate, slotsByTurns } from '../policy/unchoke-slots.js';
import { ANTI_SNUB_MS } from './limits.js';
import type { PeerCore } from './peer-core.js';
import type { Uploads } from './uploads.js';

/** Carries out what the choker decides. */
export class Choking {
  readonly #leastSlots: number;

  constructor(
    readonly choker: Choker,
    readonly uploads: Uploads,
    readonly peers: ReadonlyMap<number, PeerCore>,
    readonly growth: SlotGrowth,
    readonly pieceLength: number,
    /** Peers get pieces of their own in turn. */
    readonly takesTurns: () => boolean,
  ) {
    this.#leastSlots = choker.slots;
  }

  nextTimeout(): number {
    return this.choker.nextTimeout();
  }

  /** The regular review: every 10 s by rate, every 30 s one optimistically (BEP 3). */
  review(nowMs: number, seeding: boolean): void {
    const views = this.#views(nowMs);
    this.#grow(views);
    this.#apply(this.choker.review(views, nowMs, seeding), nowMs);
  }

  /**
   * Somebody became interested, lost interest or left: a free slot does not wait for the next review. Whoever is
   * unchoked without interest is choked when its slot goes to another: it could take it back at any time by becoming
   * interested again, and more peers than slots would be served.
   */
  fillFreeSlots(nowMs: number, seeding: boolean): void {
    const views = this.#views(nowMs);
    this.#grow(views);
    const { unchoke } = this.choker.fill(views, nowMs, seeding);
    const idle = views.filter(peer => !peer.choked && !peer.interested);
    const given = unchoke.length > 0 && this.choker.slotsFree(views) !== Number.POSITIVE_INFINITY;
    this.#apply({ unchoke, choke: given ? idle.map(peer => peer.key) : [] }, nowMs);
  }

  #grow(views: readonly ChokePeer[]): void {
    if (this.growth === 'none') return;
    const rates = views.map(peer => peer.upRate);
    let slots = this.#leastSlots;
    if (this.growth === 'rate') slots = Math.max(slots, slotsByRate(rates));
    if (this.takesTurns()) slots = Math.max(slots, slotsByTurns(rates, this.pieceLength));
    this.choker.slots = slots;
  }

  #apply(decision: { unchoke: readonly number[]; choke: readonly number[] }, nowMs: number): void {
    for (const key of decision.choke) this.uploads.choke(this.peers.get(key)!);
    for (const key of decision.unchoke) {
      const peer = this.peers.get(key)!;
      if (peer.amChoking) peer.unchokedAtMs = nowMs;
      this.uploads.unchoke(peer);
    }
  }

  #views(nowMs: number): ChokePeer[] {
    const views: ChokePeer[] = [];
    for (const peer of this.peers.values())
      views.push({
        key: peer.key,
        interested: peer.peerInterested,
        choked: peer.amChoking,
        downRate: peer.down.rate(nowMs),
        upRate: peer.up.rate(nowMs),
        // without requests it is us who keep it waiting
        snubbed: !peer.peerChoking && peer.outstanding.size > 0 && nowMs - peer.lastBlockMs >= ANTI_SNUB_MS,
        connectedAtMs: peer.sinceMs,
        unchokedAtMs: peer.unchokedAtMs,
      });
    return views;
  }
}
