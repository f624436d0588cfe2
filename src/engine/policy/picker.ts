import type { PeerKey } from '../ids.js';
import { bitfieldBytes, type Heap } from '../kernels/types.js';
import { Availability } from './availability.js';
import type { PartialPiece } from './partial-piece.js';
import { clearBit, hasBit, setBit, tableBytes } from './picker-bits.js';
import { PieceLayout } from './picker-layout.js';
import { BATCH, NewPieces } from './picker-new.js';
import {
  type BlockRef,
  DEFAULT_RANDOM_FIRST_PIECES,
  END_GAME_WINDOW,
  MAX_OPEN_BLOCKS,
  MAX_OPEN_PER_PEER,
  MAX_REQUESTERS,
  type PartialView,
  type PickerOptions,
  type PickPeer,
  type Priority,
  URGENT_STALL_MS,
} from './picker-options.js';
import { PartialPieces, type Received } from './picker-partials.js';
import { LEVELS, PieceTable } from './picker-pieces.js';

export type { BlockRef, PartialView, PickerOptions, PickPeer, Priority } from './picker-options.js';
export type { Received } from './picker-partials.js';

/** One call of `pick` on its way through the rules. */
interface Ask {
  readonly peer: PickPeer;
  /** The peer's bitfield, cut down to the allowed pieces. */
  readonly bitsAt: number;
  readonly count: number;
  readonly nowMs: number;
  readonly out: BlockRef[];
  /** Pieces that may still be started. */
  newPieces: number;
}

/**
 * Who may take blocks of a started piece. `idle`: its owner, and anybody once nothing of it is under way.
 * `sole`: whoever has all of it so far. `any`: everybody, but a locked piece is its owner's. `forced`: everybody.
 */
type Joining = 'idle' | 'sole' | 'any' | 'forced';

/**
 * Decides which block to ask of whom. Order of preference: urgent pieces, the peer's own piece, then by level of
 * priority: started pieces (rarest, then most complete), suggested pieces, new pieces (at random until 4 are started,
 * then rarest first). When every wanted block is asked for or here, blocks are asked of a second and third peer.
 */
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
  readonly #newPieces: NewPieces;
  readonly #randomFirstPieces: number;
  /** A peer's bitfield cut down to what it allows; zero between calls. */
  readonly #allowedAt: number;
  #sequential: boolean;
  #urgent: number[] = [];

  /**
   * Takes 4 bitfields and one u16 a piece from the heap.
   * @throws MillraceError ERR_METAINFO_INVALID, ERR_METAINFO_LIMIT, ERR_MEMORY_BUDGET
   */
  constructor(options: PickerOptions) {
    const { kernels, heap, rng, pieceCount, pieceLength, length, padding } = options;
    this.#layout = new PieceLayout(pieceCount, pieceLength, length, padding);
    this.#heap = heap;
    this.#memory = new Uint8Array(kernels.buffer);
    this.#randomFirstPieces = options.randomFirstPieces ?? DEFAULT_RANDOM_FIRST_PIECES;
    this.#sequential = options.sequential ?? false;

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
    this.#newPieces = new NewPieces(kernels, rng, this.#table, this.#availability, busyAt, countsAt + counts);
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
    this.#sequential = on;
  }
  /** These pieces before all others, in this order (streaming). Replaces the list before. */
  setUrgent(pieces: readonly number[]): void {
    this.#urgent = pieces.filter(piece => piece >= 0 && piece < this.pieceCount && !this.has(piece));
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
    this.#pickInto({ peer, bitsAt, count, nowMs, out, newPieces });
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
    if (this.#urgent.length > 0) this.#urgent = this.#urgent.filter(other => other !== piece);
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

  // The rules

  #pickInto(ask: Ask): void {
    const { peer } = ask;
    if (this.#urgent.length > 0 && !peer.slow) this.#pickUrgent(ask);
    this.#continueOwn(ask);
    const joining: Joining = peer.parole ? 'sole' : peer.wholePieces ? 'idle' : 'any';
    if (!peer.parole && this.#crowded()) this.#join(ask, 'any');
    for (const level of LEVELS) {
      if (room(ask) === 0) return;
      if (this.#table.lacking(level) === 0) continue;
      if (this.#sequential) this.#pickInOrder(ask, level, joining);
      else {
        this.#join(ask, joining, level);
        this.#startNew(ask, level);
      }
    }
    if (joining === 'idle') this.#join(ask, 'any');
    if (ask.out.length > 0) return;
    if (this.outstanding(peer.key) === 0) this.#join(ask, 'forced');
    if (ask.out.length === 0 && !peer.parole && this.endgame) this.#double(ask);
  }

  #pickUrgent(ask: Ask): void {
    for (const piece of this.#urgent) {
      if (room(ask) === 0) return;
      if (!this.#table.wants(piece) || !hasBit(this.#memory, ask.bitsAt, piece)) continue;
      const partial = this.#partials.get(piece);
      if (!partial) {
        if (ask.newPieces > 0) this.#start(ask, piece);
      } else if (partial.free > 0) {
        if (mayJoin(partial, ask.peer, ask.peer.parole ? 'sole' : 'any')) this.#take(ask, partial);
      } else if (!ask.peer.parole && ask.nowMs - partial.requestedMs >= URGENT_STALL_MS)
        this.#partials.double(partial, ask.peer.key, 1, room(ask), ask.nowMs, ask.out);
    }
  }

  /** A peer with a piece to itself goes on with it. */
  #continueOwn(ask: Ask): void {
    const current = this.#partials.currentOf(ask.peer.key);
    if (current && hasBit(this.#memory, ask.bitsAt, current.piece)) this.#take(ask, current);
  }

  /**
   * Too many pieces have been started and not been asked for in full. Pieces that wait for blocks alone do not count:
   * a large window of requests makes many of them, and nothing can be done to finish them sooner.
   */
  #crowded(): boolean {
    const open = this.#partials.open.size;
    return (
      open > MAX_OPEN_PER_PEER * this.#availability.peers ||
      open * this.#layout.blocksPerPiece > MAX_OPEN_BLOCKS
    );
  }

  /** Takes blocks of started pieces, of one level or of all. */
  #join(ask: Ask, joining: Joining, level?: Priority): void {
    while (room(ask) > 0) {
      const partial = this.#bestPartial(ask, joining, level);
      if (!partial) return;
      this.#take(ask, partial);
    }
  }

  #bestPartial(ask: Ask, joining: Joining, level?: Priority): PartialPiece | undefined {
    let best: PartialPiece | undefined;
    for (const partial of this.#partials.open) {
      if (level !== undefined && this.priority(partial.piece) !== level) continue;
      if (!hasBit(this.#memory, ask.bitsAt, partial.piece) || !mayJoin(partial, ask.peer, joining)) continue;
      if (!best || this.#before(partial, best, ask.peer.slow)) best = partial;
    }
    return best;
  }

  /** Order of started pieces: priority, rarity (or index), most complete; then the one started first. */
  #before(a: PartialPiece, b: PartialPiece, slow: boolean): boolean {
    const byPriority = this.priority(b.piece) - this.priority(a.piece);
    if (byPriority !== 0) return byPriority < 0;
    const byOrder = this.#sequential
      ? a.piece - b.piece
      : this.#availability.of(a.piece) - this.#availability.of(b.piece);
    if (byOrder !== 0) return slow ? byOrder > 0 : byOrder < 0;
    return a.free < b.free;
  }

  /** Started and new pieces of a level in order of index; in reverse for a slow peer. */
  #pickInOrder(ask: Ask, level: Priority, joining: Joining): void {
    while (room(ask) > 0) {
      const partial = this.#bestPartial(ask, joining, level);
      const piece = ask.newPieces > 0 ? this.#nextInOrder(ask, level) : -1;
      if (piece < 0) {
        if (!partial) return;
        this.#take(ask, partial);
      } else if (partial && partial.piece < piece !== ask.peer.slow) this.#take(ask, partial);
      else this.#start(ask, piece);
    }
  }

  #nextInOrder({ peer, bitsAt }: Ask, level: Priority): number {
    return peer.slow ? this.#newPieces.highest(bitsAt, level) : this.#newPieces.lowest(bitsAt, level);
  }

  #startNew(ask: Ask, level: Priority): void {
    const { peer, bitsAt } = ask;
    for (const piece of peer.suggested ?? []) {
      if (room(ask) === 0 || ask.newPieces === 0) return;
      if (this.#newPieces.canStart(bitsAt, level, piece)) this.#start(ask, piece);
    }
    while (room(ask) > 0 && ask.newPieces > 0) {
      const found = this.#chooseNew(ask, level);
      if (found.length === 0) return;
      for (const piece of found) this.#start(ask, piece);
    }
  }

  /** One piece by lot or for a slow peer, else as many of the rarest as there is room for. */
  #chooseNew(
    { peer, bitsAt, count, out, newPieces }: Ask,
    level: Priority,
  ): Iterable<number> & ArrayLike<number> {
    const few = this.haveCount + this.#partials.size < this.#randomFirstPieces;
    if (few || peer.slow) {
      const piece = this.#newPieces[few ? 'random' : 'commonest'](bitsAt, level);
      return piece < 0 ? [] : [piece];
    }
    const wanted = Math.ceil((count - out.length) / this.#layout.blocksPerPiece);
    return this.#newPieces.rarest(bitsAt, level, Math.min(wanted, newPieces));
  }

  #start(ask: Ask, piece: number): void {
    ask.newPieces--;
    this.#take(ask, this.#partials.start(piece));
  }

  /** Takes as many free blocks of a piece as the peer has room for. */
  #take(ask: Ask, partial: PartialPiece): void {
    const { key, parole, wholePieces } = ask.peer;
    if (room(ask) === 0) return;
    if ((parole || wholePieces) && partial.requested === 0)
      this.#partials.own(partial, key, parole && partial.isSolelyOf(key));
    this.#partials.take(partial, key, room(ask), ask.nowMs, ask.out);
  }

  /** End-game: blocks that others were asked for, those asked of the fewest first, the latest piece first. */
  #double({ peer, bitsAt, count, out, nowMs }: Ask): void {
    const latestFirst = [...this.#partials.values()].reverse();
    for (let asked = 1; asked < MAX_REQUESTERS; asked++)
      for (const partial of latestFirst) {
        const left = Math.min(count - out.length, END_GAME_WINDOW - this.outstanding(peer.key));
        if (left <= 0) return;
        if (this.#table.wants(partial.piece) && hasBit(this.#memory, bitsAt, partial.piece))
          this.#partials.double(partial, peer.key, asked, left, nowMs, out);
      }
  }

  /** Fills, or clears again, the cut-down bitfield. */
  #markAllowed(bitsAt: number, allowed: ReadonlySet<number>, on: boolean): number {
    for (const piece of allowed)
      if (piece >= 0 && piece < this.pieceCount)
        if (!on) clearBit(this.#memory, this.#allowedAt, piece);
        else if (hasBit(this.#memory, bitsAt, piece)) setBit(this.#memory, this.#allowedAt, piece);
    return this.#allowedAt;
  }
}

function room(ask: Ask): number {
  return ask.count - ask.out.length;
}

function mayJoin(partial: PartialPiece, peer: PickPeer, joining: Joining): boolean {
  if (joining === 'forced' || partial.owner === peer.key) return true;
  if (joining === 'sole') return partial.isSolelyOf(peer.key);
  return !partial.locked && (joining === 'any' || partial.requested === 0 || partial.isSolelyOf(peer.key));
}
