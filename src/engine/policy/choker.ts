import { MillraceError } from '../errors.js';
import type { PeerKey } from '../ids.js';
import type { Heap, Kernels } from '../kernels/types.js';
import { rankTop } from './choker-rank.js';
import type { Rng } from './rng.js';

/** BEP 3 "Choking and Optimistic Unchoking": every ten seconds, a third as often optimistically. */
export const DEFAULT_REVIEW_MS = 10_000;
export const DEFAULT_OPTIMISTIC_MS = 30_000;
/** BEP 3 names four downloaders. */
export const DEFAULT_SLOTS = 4;

/** A connection younger than this is new: three times as likely to be unchoked optimistically (BEP 3 gives no time). */
export const NEW_PEER_MS = 60_000;
const NEW_PEER_WEIGHT = 3;

/** A seed gives the slot of a peer that has had it so long to one that waits: libtorrent's round robin, 1 minute. */
export const SEED_TURN_MS = 60_000;

export interface ChokerOptions {
  readonly rng: Rng;
  /** Peers unchoked by rate; one more is unchoked optimistically. Defaults to 4. Infinity: no choking. 0: no upload. */
  readonly slots?: number;
  /** Defaults to 10 s. */
  readonly reviewMs?: number;
  /** Defaults to 30 s. */
  readonly optimisticMs?: number;
  /** 0 turns optimistic unchokes off: newcomers then wait for a slot that nobody earns. Defaults to 1. */
  readonly optimisticSlots?: 0 | 1;
  /** With both given, large swarms are ranked by the kernel. */
  readonly kernels?: Kernels;
  readonly heap?: Heap;
}

/** A connection as the choker sees it. Rates in bytes a second. */
export interface ChokePeer {
  readonly key: PeerKey;
  /** It wants something of us. */
  readonly interested: boolean;
  /** We choke it. */
  readonly choked: boolean;
  /** From it to us. */
  readonly downRate: number;
  /** From us to it. */
  readonly upRate: number;
  /** It unchoked us, we are interested, and no block came for a minute (BEP 3, anti-snubbing). */
  readonly snubbed: boolean;
  readonly connectedAtMs: number;
  /** When we last unchoked it; left out or -Infinity when never. */
  readonly unchokedAtMs?: number;
}

/** Changes alone: a peer in neither list stays as it is. */
export interface ChokeDecision {
  readonly unchoke: PeerKey[];
  readonly choke: PeerKey[];
}

/**
 * Tit for tat. Each review unchokes the interested peers with the highest rate to us, and chokes the others but for
 * the optimistic one. Seeding, it goes by the rate from us, and a peer that had its turn makes room for one that waits.
 * A peer that snubs us is not unchoked by rate; slots that stay empty so are filled optimistically.
 */
export class Choker {
  readonly #rng: Rng;
  #slots: number;
  readonly #reviewMs: number;
  readonly #optimisticMs: number;
  /** Peers unchoked optimistically. */
  readonly #optimisticSlots: number;
  readonly #tables: { kernels: Kernels; heap: Heap } | undefined;
  #optimistic = new Set<PeerKey>();
  #nextReviewMs = 0;
  #nextOptimisticMs = 0;

  /** @throws MillraceError ERR_OPTION */
  constructor(options: ChokerOptions) {
    const { rng, slots = DEFAULT_SLOTS, kernels, heap } = options;
    if (!(slots >= 0) || (!Number.isInteger(slots) && slots !== Number.POSITIVE_INFINITY))
      throw new MillraceError('ERR_OPTION', `slots is ${slots}, must be a whole number from 0, or Infinity`, {
        slots,
      });
    this.#rng = rng;
    this.#slots = slots;
    this.#reviewMs = options.reviewMs ?? DEFAULT_REVIEW_MS;
    this.#optimisticMs = options.optimisticMs ?? DEFAULT_OPTIMISTIC_MS;
    this.#optimisticSlots = slots === 0 ? 0 : (options.optimisticSlots ?? 1);
    this.#tables = kernels && heap ? { kernels, heap } : undefined;
  }

  /** Peers unchoked by rate. Fewer take effect with the next review, more with the next `fill` too. */
  get slots(): number {
    return this.#slots;
  }

  set slots(slots: number) {
    this.#slots = slots;
  }

  /** When to review next. */
  nextTimeout(): number {
    return this.#nextReviewMs;
  }

  /** The regular review. `peers`: all connections of the torrent. */
  review(peers: readonly ChokePeer[], nowMs: number, seeding: boolean): ChokeDecision {
    this.#nextReviewMs = nowMs + this.#reviewMs;
    if (this.#slots === Number.POSITIVE_INFINITY) return unchokeAll(peers);
    const regular = this.#regular(peers, nowMs, seeding);
    this.#chooseOptimistic(peers, regular, nowMs);

    const unchoke: PeerKey[] = [];
    const choke: PeerKey[] = [];
    for (const { key, choked } of peers) {
      const open = regular.has(key) || this.#optimistic.has(key);
      if (open && choked) unchoke.push(key);
      if (!open && !choked) choke.push(key);
    }
    return { unchoke, choke };
  }

  /**
   * Between reviews: a peer that became interested takes a free slot at once, as in libtorrent. Nobody is choked;
   * the next review sorts out who keeps a slot.
   */
  fill(peers: readonly ChokePeer[], _nowMs: number, seeding: boolean): ChokeDecision {
    if (this.#slots === Number.POSITIVE_INFINITY) return unchokeAll(peers);
    const waiting = peers.filter(peer => peer.interested && peer.choked && (seeding || !peer.snubbed));
    const free = this.slotsFree(peers);
    if (free === 0 || waiting.length === 0) return { unchoke: [], choke: [] };
    const rates = waiting.map(peer => (seeding ? 0 : peer.downRate));
    return { unchoke: chooseWaiting(rates, free, this.#rng).map(i => waiting[i].key), choke: [] };
  }

  /** Slots that no interested peer holds, the optimistic one included. */
  slotsFree(peers: readonly ChokePeer[]): number {
    let held = 0;
    for (const peer of peers) if (peer.interested && !peer.choked) held++;
    return Math.max(0, this.#slots + this.#optimisticSlots - held);
  }

  #regular(peers: readonly ChokePeer[], nowMs: number, seeding: boolean): Set<PeerKey> {
    const able = peers.filter(peer => peer.interested && (seeding || !peer.snubbed));
    const ranks = able.map(peer => this.#rank(peer, nowMs, seeding));
    return new Set(rankTop(ranks, this.#slots, this.#rng.u32(), this.#tables).map(i => able[i].key));
  }

  /**
   * Half a byte a second keeps a slot with its holder when rates are equal: nobody is choked for nothing. Seeding:
   * holders within their turn by rate, then those that wait, the longest first, then those whose turn is over.
   */
  #rank(peer: ChokePeer, nowMs: number, seeding: boolean): number {
    const holds = peer.choked || this.#optimistic.has(peer.key) ? 0 : 0.5;
    if (!seeding) return peer.downRate + holds;
    const { unchokedAtMs = Number.NEGATIVE_INFINITY } = peer;
    const never = unchokedAtMs === Number.NEGATIVE_INFINITY;
    const sinceMs = nowMs - (never ? (peer.choked ? peer.connectedAtMs : nowMs) : unchokedAtMs);
    if (peer.choked) return (sinceMs + 1) / (sinceMs + 1 + SEED_TURN_MS);
    return sinceMs >= SEED_TURN_MS ? 0 : 1 + peer.upRate + holds;
  }

  /** Keeps those of the last draw that still count, and draws for the places that are empty. */
  #chooseOptimistic(peers: readonly ChokePeer[], regular: ReadonlySet<PeerKey>, nowMs: number): void {
    const rest = peers.filter(peer => peer.interested && !regular.has(peer.key));
    if (nowMs >= this.#nextOptimisticMs) {
      this.#nextOptimisticMs = nowMs + this.#optimisticMs;
      this.#optimistic.clear();
    }
    const before = this.#optimistic;
    const places = this.#slots === 0 ? 0 : this.#optimisticSlots + this.#slots - regular.size;
    this.#optimistic = new Set(
      rest
        .filter(peer => before.has(peer.key))
        .slice(0, places)
        .map(peer => peer.key),
    );
    // those that wait come before those that have just had their chance
    for (const choked of [true, false]) {
      const pool = rest.filter(peer => peer.choked === choked && !this.#optimistic.has(peer.key));
      while (this.#optimistic.size < places && pool.length > 0)
        this.#optimistic.add(pool.splice(this.#draw(pool, nowMs), 1)[0].key);
    }
  }

  #draw(pool: readonly ChokePeer[], nowMs: number): number {
    const weights = pool.map(peer => (nowMs - peer.connectedAtMs < NEW_PEER_MS ? NEW_PEER_WEIGHT : 1));
    let left = this.#rng.below(weights.reduce((sum, weight) => sum + weight, 0));
    let index = 0;
    while (left >= weights[index]) left -= weights[index++];
    return index;
  }
}

/** Who of those that wait gets the free slots, by their rates to us: indices. */
export function chooseWaiting(rates: readonly number[], free: number, rng: Rng): number[] {
  return rankTop(rates, free, rng.u32());
}

function unchokeAll(peers: readonly ChokePeer[]): ChokeDecision {
  return { unchoke: peers.filter(peer => peer.choked).map(peer => peer.key), choke: [] };
}
