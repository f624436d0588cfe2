import type { Recorder } from '../recorder.js';
import { type EdgeTable, NONE, UNCHOKED, WANTED } from './edges.js';
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
    edges.offers[back] = tables.wanted(peer, other);
    edges.offers[edge] = tables.wanted(other, peer);
    if (edges.offers[back] > 0) slots.gainedInterest(back, other);
    if (edges.offers[edge] > 0) slots.gainedInterest(edge, peer);
  }

  /** The edge is about to go. */
  disconnecting(edge: number): void {
    const { edges, tables, slots } = this;
    const back = edges.back[edge];
    const peer = edges.other[back];
    const other = edges.other[edge];
    if (edges.offers[edge] > 0) slots.lostInterest(edge, peer);
    if (edges.offers[back] > 0) slots.lostInterest(back, other);
    tables.removeNeighbour(peer, other);
    tables.removeNeighbour(other, peer);
  }

  /** The peer has one more piece. */
  got(peer: number, piece: number): void {
    const { tables, slots, transfers } = this;
    const { first, end, other, back, offers, state } = this.edges;
    tables.gain(peer, piece);
    this.recorder.got(peer, piece);
    for (let edge = first[peer]; edge < end[peer]; edge++) {
      const neighbour = other[edge];
      if (neighbour === NONE) continue;
      if (tables.heard(neighbour, piece)) {
        if (--offers[back[edge]] === 0) slots.lostInterest(back[edge], neighbour);
      } else {
        if (++offers[edge] === 1) slots.gainedInterest(edge, peer);
        if (state[edge] === (WANTED | UNCHOKED)) transfers.start(edge);
      }
    }
  }
}
