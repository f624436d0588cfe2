import { bitfieldBytes, type Kernels } from '../kernels/types.js';
import type { Availability } from './availability.js';
import { pieceInByte } from './picker-bits.js';
import type { Priority } from './picker-options.js';
import type { PieceTable } from './picker-pieces.js';
import type { Rng } from './rng.js';

/** Pieces chosen by one call of the kernel. */
export const BATCH = 64;

/**
 * Which piece to start next: among those that the peer has (`bitsAt`), that are wanted at a level of priority, and that
 * are not under way. -1 stands for none.
 */
export class NewPieces {
  readonly #memory: Uint8Array;
  readonly #chosen: Uint32Array;

  /** `busyAt`: bitfield of the pieces under way. `chosenAt`: room for BATCH u32. */
  constructor(
    readonly kernels: Kernels,
    readonly rng: Rng,
    readonly table: PieceTable,
    readonly availability: Availability,
    readonly busyAt: number,
    readonly chosenAt: number,
  ) {
    this.#memory = new Uint8Array(kernels.buffer);
    this.#chosen = new Uint32Array(kernels.buffer, chosenAt, BATCH);
  }

  canStart(bitsAt: number, level: Priority, piece: number): boolean {
    if (!(piece >= 0 && piece < this.table.pieceCount)) return false;
    return (this.#eight(bitsAt, level, piece >>> 3) & (0x80 >>> (piece & 7))) !== 0;
  }

  /** The rarest first, at most BATCH; equal ones by lot. Valid until the next call. */
  rarest(bitsAt: number, level: Priority, most: number): Uint32Array {
    const { table, availability } = this;
    const found = this.kernels.pickRarest(
      availability.countsAt,
      bitsAt,
      table.levelAt(level),
      this.busyAt,
      table.pieceCount,
      Math.min(most, BATCH),
      this.rng.u32(),
      this.chosenAt,
    );
    return this.#chosen.subarray(0, found);
  }

  /** The one that most neighbours have. A plain scan of all pieces: only slow peers ask, and they ask seldom. */
  commonest(bitsAt: number, level: Priority): number {
    const { table, availability } = this;
    let best = -1;
    for (let piece = 0; piece < table.pieceCount; piece++)
      if (this.canStart(bitsAt, level, piece) && (best < 0 || availability.of(piece) > availability.of(best)))
        best = piece;
    return best;
  }

  /** The first one from a random place on. */
  random(bitsAt: number, level: Priority): number {
    const { pieceCount } = this.table;
    const from = this.rng.below(pieceCount);
    const fromByte = from >>> 3;
    for (let piece = from; piece >>> 3 === fromByte && piece < pieceCount; piece++)
      if (this.canStart(bitsAt, level, piece)) return piece;
    const after = this.#first(bitsAt, level, fromByte + 1, bitfieldBytes(pieceCount));
    return after >= 0 ? after : this.#first(bitsAt, level, 0, fromByte + 1);
  }

  lowest(bitsAt: number, level: Priority): number {
    const { table } = this;
    return this.#first(bitsAt, level, table.lowestWanted() >>> 3, bitfieldBytes(table.pieceCount));
  }

  highest(bitsAt: number, level: Priority): number {
    for (let at = bitfieldBytes(this.table.pieceCount) - 1; at >= 0; at--) {
      const byte = this.#eight(bitsAt, level, at);
      if (byte !== 0) return pieceInByte(byte, at * 8, true);
    }
    return -1;
  }

  #first(bitsAt: number, level: Priority, fromByte: number, endByte: number): number {
    for (let at = fromByte; at < endByte; at++) {
      const byte = this.#eight(bitsAt, level, at);
      if (byte !== 0) return pieceInByte(byte, at * 8);
    }
    return -1;
  }

  /** The bits of eight pieces that may be started. */
  #eight(bitsAt: number, level: Priority, at: number): number {
    const memory = this.#memory;
    return memory[bitsAt + at] & memory[this.table.levelAt(level) + at] & ~memory[this.busyAt + at];
  }
}
