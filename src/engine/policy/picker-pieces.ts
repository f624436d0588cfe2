import { bitfieldBytes, type Heap } from '../kernels/types.js';
import { clearBit, hasBit, pieceInByte, setBit, setBits, tableBytes } from './picker-bits.js';
import type { Priority } from './picker-options.js';

const NORMAL: Priority = 2;
export const LEVELS: readonly Priority[] = [3, 2, 1];

/** Which pieces are had and which are wanted, one bitfield a level of priority when more than one is in use. */
export class PieceTable {
  haveCount = 0;
  /** Pieces with a priority above 0, had or not. */
  wantedCount: number;
  /** Wanted pieces that are had. */
  haveWantedCount = 0;

  readonly #priorities: Uint8Array;
  /** Pieces a level, had or not. */
  readonly #counts: number[];
  /** Wanted and lacking pieces a level. */
  readonly #lacking: number[];
  readonly #bytes: number;
  #levelsAt = 0;
  /** No piece below it is wanted and lacking. */
  #low = 0;

  /** The addresses are zeroed tables of one bit a piece. */
  constructor(
    readonly memory: Uint8Array,
    readonly heap: Heap,
    readonly pieceCount: number,
    readonly haveAt: number,
    readonly wantedAt: number,
  ) {
    this.#bytes = bitfieldBytes(pieceCount);
    this.#priorities = new Uint8Array(pieceCount).fill(NORMAL);
    this.#counts = [0, 0, pieceCount, 0];
    this.#lacking = [0, 0, pieceCount, 0];
    this.wantedCount = pieceCount;
    setBits(memory, wantedAt, pieceCount);
  }

  /** Every piece has the priority that it began with. */
  get plain(): boolean {
    return this.#counts[NORMAL] === this.pieceCount;
  }

  get wantedLeft(): number {
    return this.wantedCount - this.haveWantedCount;
  }

  /** Wanted and lacking pieces of a level. */
  lacking(level: Priority): number {
    return this.#lacking[level];
  }

  has(piece: number): boolean {
    return hasBit(this.memory, this.haveAt, piece);
  }

  /** Wanted and lacking. */
  wants(piece: number): boolean {
    return hasBit(this.memory, this.wantedAt, piece);
  }

  priority(piece: number): Priority {
    return this.#priorities[piece] as Priority;
  }

  /** Bitfield of the wanted and lacking pieces of a level that has any. */
  levelAt(level: Priority): number {
    return this.#levelsAt === 0 ? this.wantedAt : this.#levelsAt + (level - 1) * tableBytes(this.#bytes);
  }

  /** @throws MillraceError ERR_MEMORY_BUDGET when a second level needs bitfields and the heap is full. */
  setPriority(piece: number, priority: Priority): void {
    const old = this.priority(piece);
    if (old === priority) return;
    if (priority !== 0 && this.#levelsAt === 0) this.#useLevels(priority);
    const has = this.has(piece);
    if (!has) this.#setWanted(piece, false);
    this.#priorities[piece] = priority;
    this.#counts[old]--;
    this.#counts[priority]++;
    if (old === 0 || priority === 0) {
      const step = old === 0 ? 1 : -1;
      this.wantedCount += step;
      if (has) this.haveWantedCount += step;
    }
    if (!has) this.#setWanted(piece, true);
  }

  setHave(piece: number, have: boolean): void {
    if (this.has(piece) === have) return;
    if (have) this.#setWanted(piece, false);
    (have ? setBit : clearBit)(this.memory, this.haveAt, piece);
    this.haveCount += have ? 1 : -1;
    if (this.priority(piece) > 0) this.haveWantedCount += have ? 1 : -1;
    if (!have) this.#setWanted(piece, true);
  }

  /** All at once: a torrent may have two million pieces. */
  setAllHave(): void {
    const { memory, haveAt, wantedAt, pieceCount } = this;
    setBits(memory, haveAt, pieceCount);
    memory.fill(0, wantedAt, wantedAt + this.#bytes);
    if (this.#levelsAt !== 0)
      memory.fill(0, this.#levelsAt, this.#levelsAt + LEVELS.length * tableBytes(this.#bytes));
    this.haveCount = pieceCount;
    this.haveWantedCount = this.wantedCount;
    this.#lacking.fill(0);
  }

  /** First and one past the last piece that is wanted and lacking; `pieceCount` and 0 when there is none. */
  wantedSpan(): { first: number; end: number } {
    const { memory, wantedAt } = this;
    this.#low = this.#skipDone(this.#low);
    if (this.#low >= this.pieceCount) return { first: this.pieceCount, end: 0 };
    let at = this.#bytes - 1;
    while (memory[wantedAt + at] === 0) at--;
    return { first: this.#low, end: pieceInByte(memory[wantedAt + at], at * 8, true) + 1 };
  }

  /** Lowest wanted and lacking piece, or `pieceCount`. O(1) amortised. */
  lowestWanted(): number {
    this.#low = this.#skipDone(this.#low);
    return this.#low;
  }

  dispose(): void {
    if (this.#levelsAt !== 0) this.heap.free(this.#levelsAt);
    this.#levelsAt = 0;
  }

  #skipDone(from: number): number {
    for (let at = from >>> 3; at < this.#bytes; at++) {
      const byte = this.memory[this.wantedAt + at];
      if (byte !== 0) return pieceInByte(byte, at * 8);
    }
    return this.pieceCount;
  }

  #setWanted(piece: number, wanted: boolean): void {
    const level = this.priority(piece);
    if (level === 0) return;
    const change = wanted ? setBit : clearBit;
    change(this.memory, this.wantedAt, piece);
    if (this.#levelsAt !== 0) change(this.memory, this.levelAt(level), piece);
    this.#lacking[level] += wanted ? 1 : -1;
    if (wanted && piece < this.#low) this.#low = piece;
  }

  /** One level needs no bitfield but the common one; the second level in use makes them all. */
  #useLevels(priority: Priority): void {
    if (LEVELS.every(level => level === priority || this.#counts[level] === 0)) return;
    this.#levelsAt = this.heap.allocate(tableBytes(this.#bytes) * LEVELS.length);
    for (let piece = 0; piece < this.pieceCount; piece++)
      if (this.wants(piece)) setBit(this.memory, this.levelAt(this.priority(piece)), piece);
  }
}
