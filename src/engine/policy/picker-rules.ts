import type { Availability } from './availability.js';
import type { PartialPiece } from './partial-piece.js';
import { hasBit } from './picker-bits.js';
import type { PieceLayout } from './picker-layout.js';
import type { NewPieces } from './picker-new.js';
import {
  type BlockRef,
  END_GAME_WINDOW,
  MAX_OPEN_BLOCKS,
  MAX_OPEN_PER_PEER,
  MAX_REQUESTERS,
  type PickPeer,
  type Priority,
  URGENT_STALL_MS,
} from './picker-options.js';
import type { PartialPieces } from './picker-partials.js';
import { LEVELS, type PieceTable } from './picker-pieces.js';

/** What the rules look at, and write their choices into. */
export interface PickerBooks {
  /** The kernels' memory, where the bitfields lie. */
  readonly memory: Uint8Array;
  readonly layout: PieceLayout;
  readonly table: PieceTable;
  readonly availability: Availability;
  readonly partials: PartialPieces;
  readonly newPieces: NewPieces;
}

/** One call of `pick` on its way through the rules. */
export interface Ask {
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
 * Order of preference: urgent pieces, the peer's own piece, then by level of priority: started pieces (rarest, then most
 * complete), suggested pieces, new pieces (at random until 4 are started, then rarest first). When every wanted block is
 * asked for or here, blocks are asked of a second and third peer.
 */
export class PickerRules {
  /** Before all others, in this order. */
  urgent: readonly number[] = [];

  readonly #memory: Uint8Array;
  readonly #layout: PieceLayout;
  readonly #table: PieceTable;
  readonly #availability: Availability;
  readonly #partials: PartialPieces;
  readonly #newPieces: NewPieces;

  constructor(
    { memory, layout, table, availability, partials, newPieces }: PickerBooks,
    readonly randomFirstPieces: number,
    public sequential: boolean,
  ) {
    this.#memory = memory;
    this.#layout = layout;
    this.#table = table;
    this.#availability = availability;
    this.#partials = partials;
    this.#newPieces = newPieces;
  }

  choose(ask: Ask): void {
    const { peer } = ask;
    if (this.urgent.length > 0 && !peer.slow) this.#pickUrgent(ask);
    this.#continueOwn(ask);
    const joining: Joining = peer.parole ? 'sole' : peer.wholePieces ? 'idle' : 'any';
    if (!peer.parole && this.#crowded()) this.#join(ask, 'any');
    for (const level of LEVELS) {
      if (room(ask) === 0) return;
      if (this.#table.lacking(level) === 0) continue;
      if (this.sequential) this.#pickInOrder(ask, level, joining);
      else {
        this.#join(ask, joining, level);
        this.#startNew(ask, level);
      }
    }
    if (joining === 'idle') this.#join(ask, 'any');
    if (ask.out.length > 0) return;
    if (this.#partials.outstanding(peer.key) === 0) this.#join(ask, 'forced');
    if (ask.out.length === 0 && !peer.parole && this.#partials.endgame) this.#double(ask);
  }

  #pickUrgent(ask: Ask): void {
    for (const piece of this.urgent) {
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
      if (level !== undefined && this.#table.priority(partial.piece) !== level) continue;
      if (!hasBit(this.#memory, ask.bitsAt, partial.piece) || !mayJoin(partial, ask.peer, joining)) continue;
      if (!best || this.#before(partial, best, ask.peer.slow)) best = partial;
    }
    return best;
  }

  /** Order of started pieces: priority, rarity (or index), most complete; then the one started first. */
  #before(a: PartialPiece, b: PartialPiece, slow: boolean): boolean {
    const byPriority = this.#table.priority(b.piece) - this.#table.priority(a.piece);
    if (byPriority !== 0) return byPriority < 0;
    const byOrder = this.sequential
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
    const few = this.#table.haveCount + this.#partials.size < this.randomFirstPieces;
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
        const left = Math.min(count - out.length, END_GAME_WINDOW - this.#partials.outstanding(peer.key));
        if (left <= 0) return;
        if (this.#table.wants(partial.piece) && hasBit(this.#memory, bitsAt, partial.piece))
          this.#partials.double(partial, peer.key, asked, left, nowMs, out);
      }
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
