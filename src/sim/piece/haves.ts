import type { Recorder } from '../recorder.js';
import { type EdgeTable, NONE, OFFER, SERVING, UNCHOKED } from './edges.js';
import type { Slots } from './slots.js';
import type { PieceTables } from './tables.js';
import type { Transfers } from './transfers.js';

/** Who knows what of whom: neighbours learn of a new piece at once, and want it or no longer want something else. */
export class Haves {
  constructor(
    readonly tables: PieceTables,
    readonly edges: EdgeTable,
    readonly slots: Slots,
    readonly transfers: Transfers,
    readonly recorder: Recorder,
  ) {}

  /** The edge is new: both sides compare what they have. */
  connected(edge: number): void {
    const { edges, tables, slots } = this;
    const back = edges.back[edge];
    const peer = edges.other[back];
    const other = edges.other[edge];
    tables.addNeighbour(peer, other);
    tables.addNeighbour(other, peer);
    edges.standing[back] = OFFER * tables.wanted(peer, other);
    edges.standing[edge] = OFFER * tables.wanted(other, peer);
    if (edges.standing[back] >= OFFER) slots.gainedInterest(back, other);
    if (edges.standing[edge] >= OFFER) slots.gainedInterest(edge, peer);
  }

  /** The edge is about to go. */
  disconnecting(edge: number): void {
    const { edges, tables, slots } = this;
    const back = edges.back[edge];
    const peer = edges.other[back];
    const other = edges.other[edge];
    if (edges.standing[edge] >= OFFER) slots.lostInterest(edge, peer);
    if (edges.standing[back] >= OFFER) slots.lostInterest(back, other);
    tables.removeNeighbour(peer, other);
    tables.removeNeighbour(other, peer);
  }

  /** The peer has one more piece. */
  got(peer: number, piece: number): void {
    const { tables, slots, transfers } = this;
    const { first, end, other, back, standing } = this.edges;
    const from = first[peer];
    const to = end[peer];
    tables.gain(peer, piece);
    this.recorder.got(peer, piece);
    // a pass of its own: what it touches lies far apart, and without branches many fetches of it are under way at once
    tables.heard(other, from, to, piece);
    for (let edge = from; edge < to; edge++) {
      const neighbour = other[edge];
      if (neighbour === NONE) continue;
      if (tables.holds(neighbour, piece)) {
        const left = (standing[back[edge]] -= OFFER);
        if (left < OFFER) slots.lostInterest(back[edge], neighbour);
      } else {
        const now = (standing[edge] += OFFER);
        if (now < 2 * OFFER) slots.gainedInterest(edge, peer);
        if ((now & (UNCHOKED | SERVING)) === UNCHOKED) transfers.start(edge);
      }
    }
  }
}
