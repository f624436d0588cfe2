import { type ChokePeer, Choker, chooseWaiting } from '../../engine/policy/choker.js';
import type { Rng } from '../../engine/policy/rng.js';
import type { ResolvedScenario } from '../scenario.js';
import type { VirtualClock } from '../virtual-clock.js';
import { type EdgeTable, NONE, OFFER, UNCHOKED } from './edges.js';
import type { Links } from './links.js';
import { PeerList } from './peer-list.js';
import type { PieceTables } from './tables.js';
import type { Transfers } from './transfers.js';

/** Half of the 20 s over which tit for tat counts (RATE_WINDOW_MS of the peer core). */
const RATE_TURN_MS = 10_000;
const RATE_SECONDS = (2 * RATE_TURN_MS) / 1000;

/** Who lets whom download: upload slots, given away at each review and, while one is free, at the end of a moment. */
export class Slots {
  unchokes = 0;

  /** Of each peer, the optimistic one included; 0: it does not upload. */
  readonly #slots: Float64Array;
  readonly #chokers: Choker[];
  /** Neighbours that are interested, and those of them that are unchoked. */
  readonly #interested: Int32Array;
  readonly #held: Int32Array;
  readonly #turnedMs: Float64Array;
  /** Peers that may have a free slot for somebody who waits. */
  readonly #fillDue: PeerList;
  /** Of the peer that is looked at: edges of those that wait, their rates, and edges of those that want nothing. */
  readonly #waiting: number[] = [];
  readonly #rates: number[] = [];
  readonly #idle: number[] = [];

  /** `uploads`: who uploads at all, by number. */
  constructor(
    readonly scenario: ResolvedScenario,
    uploads: Uint8Array,
    readonly clock: VirtualClock,
    readonly tables: PieceTables,
    readonly edges: EdgeTable,
    readonly links: Links,
    readonly transfers: Transfers,
    readonly rng: Rng,
  ) {
    const peers = uploads.length;
    const { slots, reviewMs } = scenario;
    const optimisticSlots = scenario.optimisticMs === 0 ? 0 : 1;
    const optimisticMs = scenario.optimisticMs || Number.POSITIVE_INFINITY;
    this.#slots = Float64Array.from(uploads, yes => (yes ? slots + optimisticSlots : 0));
    this.#chokers = Array.from(
      uploads,
      yes => new Choker({ rng, slots: yes ? slots : 0, reviewMs, optimisticMs, optimisticSlots }),
    );
    this.#interested = new Int32Array(peers);
    this.#held = new Int32Array(peers);
    this.#turnedMs = new Float64Array(peers);
    this.#fillDue = new PeerList(peers);
  }

  /** The peer is there: its rates count from now on. */
  came(peer: number): void {
    this.#turnedMs[peer] = this.clock.nowMs;
  }

  /** The neighbour at the other end of the peer's edge wants something of the peer now. */
  gainedInterest(edge: number, peer: number): void {
    this.#interested[peer]++;
    if (this.edges.standing[edge] & UNCHOKED) this.#held[peer]++;
    else this.#fillDue.add(peer);
  }

  /** And now it wants nothing more. */
  lostInterest(edge: number, peer: number): void {
    this.#interested[peer]--;
    if ((this.edges.standing[edge] & UNCHOKED) === 0) return;
    this.#held[peer]--;
    this.#fillDue.add(peer);
  }

  review(peer: number): void {
    const { links, edges } = this;
    const { nowMs } = this.clock;
    links.bookPeer(peer, nowMs);
    const { choke, unchoke } = this.#chokers[peer].review(
      this.#views(peer),
      nowMs,
      this.tables.isComplete(peer),
    );
    for (const edge of choke) this.#choke(edge, peer);
    for (const edge of unchoke) this.#unchoke(edge, peer);
    if (nowMs - this.#turnedMs[peer] < RATE_TURN_MS) return;
    this.#turnedMs[peer] = nowMs;
    edges.turn(peer);
  }

  /** The moment ends: slots that are free go to those who wait. */
  settle(): void {
    while (this.#fillDue.size > 0)
      for (const peer of this.#fillDue.take()) {
        const held = this.#held[peer];
        if (this.#interested[peer] > held && held < this.#slots[peer]) this.#fill(peer);
      }
  }

  #views(peer: number): ChokePeer[] {
    const { edges } = this;
    const views: ChokePeer[] = [];
    for (let edge = edges.first[peer]; edge < edges.end[peer]; edge++) {
      if (edges.other[edge] === NONE) continue;
      const standing = edges.standing[edge];
      views.push({
        key: edge,
        interested: standing >= OFFER,
        choked: (standing & UNCHOKED) === 0,
        downRate: edges.rate(edge, RATE_SECONDS),
        upRate: edges.rate(edges.back[edge], RATE_SECONDS),
        snubbed: false,
        connectedAtMs: edges.connectedAtMs[edge],
        unchokedAtMs: edges.unchokedAtMs[edge],
      });
    }
    return views;
  }

  /** Between reviews: what `Choker.fill` decides, without a view of every neighbour. */
  #fill(peer: number): void {
    const { standing, first, end } = this.edges;
    const seeding = this.tables.isComplete(peer);
    const waiting = this.#waiting;
    const rates = this.#rates;
    const idle = this.#idle;
    waiting.length = rates.length = idle.length = 0;
    for (let edge = first[peer]; edge < end[peer]; edge++) {
      if ((standing[edge] & UNCHOKED) === 0) {
        if (standing[edge] < OFFER) continue;
        waiting.push(edge);
        rates.push(seeding ? 0 : this.edges.rate(edge, RATE_SECONDS));
      } else if (standing[edge] < OFFER) idle.push(edge);
    }
    const free = this.#slots[peer] - this.#held[peer];
    const chosen = chooseWaiting(rates, free, this.rng);
    // whoever holds a place without interest gives it up, as in the torrent core
    if (free !== Number.POSITIVE_INFINITY) for (const edge of idle) this.#choke(edge, peer);
    for (const i of chosen) this.#unchoke(waiting[i], peer);
  }

  #choke(edge: number, peer: number): void {
    const { standing, other } = this.edges;
    if (standing[edge] >= OFFER) this.#held[peer]--;
    standing[edge] &= ~UNCHOKED;
    if (this.transfers.cut(edge)) this.transfers.wake(other[edge]);
  }

  /** The unchoke goes there and the request comes back before the first byte leaves. */
  #unchoke(edge: number, peer: number): void {
    const { standing, unchokedAtMs } = this.edges;
    const { latencyMs } = this.scenario;
    if (standing[edge] >= OFFER) this.#held[peer]++;
    standing[edge] |= UNCHOKED;
    unchokedAtMs[edge] = this.clock.nowMs;
    this.unchokes++;
    if (latencyMs === 0) this.transfers.start(edge);
    else this.clock.after(3 * latencyMs, () => this.transfers.start(edge));
  }
}
