import type { Kernels } from '../kernels/types.js';

/**
 * How many neighbours have each piece. Seeds are counted apart: they change no order, and a seed that comes or goes
 * costs nothing. Bitfields are addresses in the kernels' memory.
 */
export class Availability {
  /** Neighbours that have everything. */
  seeds = 0;
  /** Neighbours in all, seeds included. */
  peers = 0;
  readonly #counts: Uint16Array;

  /** `countsAt`: a zeroed table of one u16 a piece. */
  constructor(
    readonly kernels: Kernels,
    readonly countsAt: number,
    readonly pieceCount: number,
  ) {
    this.#counts = new Uint16Array(kernels.buffer, countsAt, pieceCount);
  }

  addPeer(bitsAt: number): void {
    this.peers++;
    this.kernels.availabilityAdd(this.countsAt, bitsAt, this.pieceCount);
  }

  removePeer(bitsAt: number): void {
    this.peers--;
    this.kernels.availabilityRemove(this.countsAt, bitsAt, this.pieceCount);
  }

  addSeed(): void {
    this.peers++;
    this.seeds++;
  }

  removeSeed(): void {
    this.peers--;
    this.seeds--;
  }

  /** A seed becomes an ordinary peer with this bitfield. */
  breakSeed(bitsAt: number): void {
    this.removeSeed();
    this.addPeer(bitsAt);
  }

  addHave(piece: number): void {
    this.kernels.availabilityAddOne(this.countsAt, piece);
  }

  /** An ordinary peer lost a piece (lt_donthave, BEP 54). */
  removeHave(piece: number): void {
    if (this.#counts[piece] > 0) this.#counts[piece]--;
  }

  of(piece: number): number {
    return this.#counts[piece] + this.seeds;
  }

  /** A copy: how many have each piece. */
  counts(): Uint16Array {
    const counts = this.#counts.slice();
    if (this.seeds > 0) for (let piece = 0; piece < counts.length; piece++) counts[piece] += this.seeds;
    return counts;
  }

  /**
   * Distributed copies in reach, ourselves included: whole copies that the pieces make up, plus the fraction of pieces
   * beyond that (as libtorrent counts). O(pieces).
   */
  copies(hasOwn: (piece: number) => boolean): number {
    if (this.pieceCount === 0) return 0;
    let fewest = Number.POSITIVE_INFINITY;
    let atFewest = 0;
    for (let piece = 0; piece < this.pieceCount; piece++) {
      const count = this.#counts[piece] + (hasOwn(piece) ? 1 : 0);
      if (count < fewest) {
        fewest = count;
        atFewest = 0;
      }
      if (count === fewest) atFewest++;
    }
    return this.seeds + fewest + (this.pieceCount - atFewest) / this.pieceCount;
  }
}
