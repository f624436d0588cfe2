import type { PeerKey } from '../ids.js';
import { bitfieldBytes, type Heap } from '../kernels/types.js';
import { Availability } from './availability.js';
import { clearBit, hasBit, setBit, tableBytes } from './picker-bits.js';
import { PieceLayout } from './picker-layout.js';
import { BATCH, NewPieces } from './picker-new.js';
import {
  type BlockRef,
  DEFAULT_RANDOM_FIRST_PIECES,
  type PartialView,
  type PickerOptions,
  type PickPeer,
  type Priority,
} from './picker-options.js';
import { PartialPieces, type Received } from './picker-partials.js';
import { PieceTable } from './picker-pieces.js';
import { PickerRules } from './picker-rules.js';

export type { BlockRef, PartialView, PickerOptions, PickPeer, Priority } from './picker-options.js';
export type { Received } from './picker-partials.js';

/** Decides which block to ask of whom, and keeps the books that the decision rests on. See PickerRules for the order. */
export class Picker {
  /** Verified pieces: a bitfield in the kernels' memory. */
  readonly haveAt: number;
  /** Pieces with a priority above 0 that are lacking: a bitfield in the kernels' memory. */
  readonly wantedAt: number;

  readonly #heap: Heap;
  readonly #memory: Uint8Array;
  readonly #layout: PieceLayout;
  readonly #table: PieceTable;
  readonly #availability: Availability;
  readonly #partials: PartialPieces;
  readonly #rules: PickerRules;
  /** A peer's bitfield cut down to what it allows; zero between calls. */
  readonly #allowedAt: number;

  /**
   * Takes 4 bitfields and one u16 a piece from the heap.
   * @throws MillraceError ERR_METAINFO_INVALID, ERR_METAINFO_LIMIT, ERR_MEMORY_BUDGET
   */
  constructor(options: PickerOptions) {
    const { kernels, heap, rng, pieceCount, pieceLength, length, padding } = options;
    this.#layout = new PieceLayout(pieceCount, pieceLength, length, padding);
    this.#heap = heap;
    this.#memory = new Uint8Array(kernels.buffer);

    const bits = tableBytes(bitfieldBytes(pieceCount));
    const counts = tableBytes(2 * pieceCount);
    this.haveAt = heap.allocate(4 * bits + counts + 4 * BATCH);
    this.wantedAt = this.haveAt + bits;
    const busyAt = this.haveAt + 2 * bits;
    this.#allowedAt = this.haveAt + 3 * bits;
    const countsAt = this.haveAt + 4 * bits;
    this.#availability = new Availability(kernels, countsAt, pieceCount);
    this.#table = new PieceTable(this.#memory, heap, pieceCount, this.haveAt, this.wantedAt);
    this.#partials = new PartialPieces(this.#memory, this.#layout, this.#table, busyAt);
    const books = {
      memory: this.#memory,
      layout: this.#layout,
      table: this.#table,
      availability: this.#availability,
      partials: this.#partials,
      newPieces: new NewPieces(kernels, rng, this.#table, this.#availability, busyAt, countsAt + counts),
    };
    const { randomFirstPieces = DEFAULT_RANDOM_FIRST_PIECES, sequential = false } = options;
    this.#rules = new PickerRules(books, randomFirstPieces, sequential);
    for (const piece of this.#layout.padPieces()) this.#table.setHave(piece, true);
  }

  // What is had and wanted

  get pieceCount(): number {
    return this.#layout.pieceCount;
  }
  get haveCount(): number {
    return this.#table.haveCount;
  }
  /** Pieces with a priority above 0, had or not. */
  get wantedCount(): number {
    return this.#table.wantedCount;
  }
  get haveWantedCount(): number {
    return this.#table.haveWantedCount;
  }
  /** Wanted pieces that are lacking, those under way included. */
  get wantedLeft(): number {
    return this.#table.wantedLeft;
  }
  /** All wanted pieces are had. */
  get finished(): boolean {
    return this.wantedLeft === 0;
  }
  /** All pieces are had. */
  get complete(): boolean {
    return this.haveCount === this.pieceCount;
  }
  /** No piece has a priority of its own. */
  get plain(): boolean {
    return this.#table.plain;
  }
  has(piece: number): boolean {
    return this.#table.has(piece);
  }
  /** Wanted and lacking. */
  isWanted(piece: number): boolean {
    return this.#table.wants(piece);
  }
  /** First and one past the last piece that is wanted and lacking; `pieceCount` and 0 when there is none. */
  wantedSpan(): { first: number; end: number } {
    return this.#table.wantedSpan();
  }

  pieceBytes(piece: number): number {
    return this.#layout.pieceBytes(piece);
  }
  blockCount(piece: number): number {
    return this.#layout.blockCount(piece);
  }
  blockRange(piece: number, block: number): BlockRef {
    return this.#layout.blockRange(piece, block);
  }
  /** Blocks that are never asked for because they are all padding: whoever keeps the piece fills them with zeros. */
  padBlocks(piece: number): readonly number[] {
    return this.#layout.padBlocks(piece);
  }

  priority(piece: number): Priority {
    return this.#table.priority(piece);
  }
  /** Pieces `fromPiece` to `toPiece` - 1. A started piece that is no longer wanted stays until `abort`. */
  setPriority(fromPiece: number, toPiece: number, priority: Priority): void {
    for (let piece = fromPiece; piece < Math.min(toPiece, this.pieceCount); piece++)
      this.#table.setPriority(piece, priority);
    this.#partials.recount();
  }
  setSequential(on: boolean): void {
    this.#rules.sequential = on;
  }
  /** These pieces before all others, in this order (streaming). Replaces the list before. */
  setUrgent(pieces: readonly number[]): void {
    this.#rules.urgent = pieces.filter(piece => piece >= 0 && piece < this.pieceCount && !this.has(piece));
  }

  // What the neighbours have

  addPeer(bitsAt: number): void {
    this.#availability.addPeer(bitsAt);
  }
  /** The bitfield must be what was added, with its later haves. */
  removePeer(bitsAt: number): void {
    this.#availability.removePeer(bitsAt);
  }
  addSeed(): void {
    this.#availability.addSeed();
  }
  removeSeed(): void {
    this.#availability.removeSeed();
  }
  /** A peer that was counted as a seed has only these pieces (BEP 54). */
  breakSeed(bitsAt: number): void {
    this.#availability.breakSeed(bitsAt);
  }
  addHave(piece: number): void {
    this.#availability.addHave(piece);
  }
  /** An ordinary peer lost a piece (BEP 54). */
  removeHave(piece: number): void {
    this.#availability.removeHave(piece);
  }
  availability(piece: number): number {
    return this.#availability.of(piece);
  }
  /** How many neighbours have each piece, as a copy. */
  availabilities(): Uint16Array {
    return this.#availability.counts();
  }
  /** Distributed copies in reach, ourselves included: 2.7 is two whole copies and 70 % of a third. O(pieces). */
  copies(): number {
    return this.#availability.copies(piece => this.has(piece));
  }

  // What is under way

  get partialCount(): number {
    return this.#partials.size;
  }
  partials(): Iterable<PartialView> {
    return this.#partials.views();
  }
  /** Every wanted block is asked for or here, and not all wanted pieces are had. */
  get endgame(): boolean {
    return this.#partials.endgame;
  }
  /** Requests under way to a peer. */
  outstanding(key: PeerKey): number {
    return this.#partials.outstanding(key);
  }
  /** Whether the block is asked for: of this peer, or of anybody. */
  isRequested(piece: number, block: number, key?: PeerKey): boolean {
    return this.#partials.get(piece)?.isRequested(block, key) ?? false;
  }
  /** Whether the block is here: in a started or in a had piece. */
  isFinished(piece: number, block: number): boolean {
    return this.#partials.get(piece)?.isFinished(block) ?? this.has(piece);
  }
  /** All blocks of a started piece are here: it waits for `verified` or `failed`. */
  isFull(piece: number): boolean {
    const partial = this.#partials.get(piece);
    return partial !== undefined && partial.finished === partial.blocks;
  }
  /** Peers asked for the block that have not sent it; after `received` those to send a cancel. */
  requesters(piece: number, block: number): readonly PeerKey[] {
    return this.#partials.get(piece)?.requesters(block) ?? [];
  }
  /** Who sent each block of a started piece; -1 for what has not come and for padding. */
  sources(piece: number): readonly (PeerKey | -1)[] {
    return this.#partials.get(piece)?.sources() ?? [];
  }

  /**
   * Chooses up to `count` blocks for a peer and marks them as asked of it. Starts at most `newPieces` pieces: the
   * caller has memory for so many. Blocks of a piece come in ascending order, except doubles in the end-game.
   */
  pick(peer: PickPeer, count: number, newPieces: number, nowMs: number): BlockRef[] {
    const out: BlockRef[] = [];
    if (count <= 0 || this.wantedLeft === 0) return out;
    const bitsAt = peer.allowed ? this.#markAllowed(peer.bitsAt, peer.allowed, true) : peer.bitsAt;
    this.#rules.choose({ peer, bitsAt, count, nowMs, out, newPieces });
    if (peer.allowed) this.#markAllowed(peer.bitsAt, peer.allowed, false);
    return out;
  }

  /**
   * A block arrived from `key`. It is `new` when its piece is under way and lacks it, asked for or not (a late answer
   * is as good as any); `duplicate` when it is here; `unwanted` when its piece is not under way or belongs to another
   * peer on parole.
   */
  received(key: PeerKey, piece: number, block: number): Received {
    return this.#partials.received(key, piece, block);
  }

  /** Takes back all requests of a peer that choked us or left; what it sent stays. Returns what became free. */
  releasePeer(key: PeerKey): BlockRef[] {
    return this.#partials.releasePeer(key);
  }
  /** Takes back one request: rejected, timed out, cancelled. */
  release(key: PeerKey, piece: number, block: number): void {
    this.#partials.release(key, piece, block);
  }

  /** The piece is good. */
  verified(piece: number): void {
    this.markHave(piece);
  }
  /** The piece is bad: its blocks (all, or those given) are free again. It stays under way and keeps its memory. */
  failed(piece: number, badBlocks?: readonly number[]): void {
    this.#partials.reset(piece, badBlocks);
  }
  /** Forgets what is under way of the piece: it is as if it had not been started. */
  abort(piece: number): void {
    this.#partials.drop(piece);
  }
  /** The piece is on disk (resume). */
  markHave(piece: number): void {
    this.abort(piece);
    this.#table.setHave(piece, true);
    const { urgent } = this.#rules;
    if (urgent.length > 0) this.#rules.urgent = urgent.filter(other => other !== piece);
  }
  /** All pieces are on disk, and none is under way. */
  markAllHave(): void {
    this.#table.setAllHave();
  }
  /** The piece is lost (recheck). */
  unmarkHave(piece: number): void {
    this.#table.setHave(piece, false);
  }

  /** Gives the tables back to the heap. The picker must not be used any more. */
  dispose(): void {
    this.#table.dispose();
    this.#heap.free(this.haveAt);
  }

  // Inside

  /** Fills, or clears again, the cut-down bitfield. */
  #markAllowed(bitsAt: number, allowed: ReadonlySet<number>, on: boolean): number {
    for (const piece of allowed)
      if (piece >= 0 && piece < this.pieceCount)
        if (!on) clearBit(this.#memory, this.#allowedAt, piece);
        else if (hasBit(this.#memory, bitsAt, piece)) setBit(this.#memory, this.#allowedAt, piece);
    return this.#allowedAt;
  }
}
