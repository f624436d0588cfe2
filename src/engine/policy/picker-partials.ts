import type { PeerKey } from '../ids.js';
import { NOBODY, PartialPiece } from './partial-piece.js';
import { clearBit, setBit } from './picker-bits.js';
import type { PieceLayout } from './picker-layout.js';
import type { BlockRef, PartialView } from './picker-options.js';
import type { PieceTable } from './picker-pieces.js';

/** What became of a block that arrived. */
export type Received = 'new' | 'duplicate' | 'unwanted';

interface PeerState {
  outstanding: number;
  /** The piece that it has to itself and is not through with. */
  current: PartialPiece | undefined;
}

/** The pieces under way and the requests of each peer: book-keeping, no choice. */
export class PartialPieces {
  /** Wanted ones that have a free block, the one opened first in front. */
  readonly open = new Set<PartialPiece>();
  readonly #pieces = new Map<number, PartialPiece>();
  #wanted = 0;
  readonly #peers = new Map<PeerKey, PeerState>();

  /** `busyAt`: a zeroed bitfield that tells the kernels which pieces are under way. */
  constructor(
    readonly memory: Uint8Array,
    readonly layout: PieceLayout,
    readonly table: PieceTable,
    readonly busyAt: number,
  ) {}

  get size(): number {
    return this.#pieces.size;
  }
  get(piece: number): PartialPiece | undefined {
    return this.#pieces.get(piece);
  }
  values(): Iterable<PartialPiece> {
    return this.#pieces.values();
  }
  *views(): Iterable<PartialView> {
    for (const { piece, blocks, finished, requested } of this.#pieces.values()) {
      const wanted = this.table.wants(piece);
      yield { piece, blocks, finishedBlocks: finished, requestedBlocks: requested, wanted };
    }
  }
  /** Every wanted block is asked for or here, and not all wanted pieces are had. */
  get endgame(): boolean {
    const { wantedLeft } = this.table;
    return wantedLeft > 0 && this.open.size === 0 && this.#wanted === wantedLeft;
  }

  /** Starts a wanted piece. */
  start(piece: number): PartialPiece {
    const partial = new PartialPiece(piece, this.layout.blockCount(piece), this.layout.padBlocks(piece));
    this.#pieces.set(piece, partial);
    this.open.add(partial);
    this.#wanted++;
    setBit(this.memory, this.busyAt, piece);
    return partial;
  }

  /** Forgets a piece and all requests for it. */
  drop(piece: number): void {
    const partial = this.#pieces.get(piece);
    if (!partial) return;
    for (let block = 0; partial.requested > 0 && block < partial.blocks; block++)
      if (partial.isRequested(block)) this.#unask(partial, block);
    this.#pieces.delete(piece);
    this.open.delete(partial);
    if (this.table.wants(piece)) this.#wanted--;
    clearBit(this.memory, this.busyAt, piece);
  }

  /** To be called after priorities have changed. */
  recount(): void {
    this.#wanted = 0;
    for (const partial of this.#pieces.values()) {
      if (this.table.wants(partial.piece)) this.#wanted++;
      this.#settle(partial);
    }
  }

  /** The piece that the peer has to itself, while it has free blocks. */
  currentOf(key: PeerKey): PartialPiece | undefined {
    const state = this.#peers.get(key);
    if (state?.current && !this.open.has(state.current)) state.current = undefined;
    return state?.current;
  }

  /** Requests under way to a peer. */
  outstanding(key: PeerKey): number {
    return this.#peers.get(key)?.outstanding ?? 0;
  }

  /** The piece is the peer's; locked, nobody else may join. */
  own(partial: PartialPiece, key: PeerKey, locked: boolean): void {
    partial.owner = key;
    partial.locked = locked;
    this.#stateOf(key).current = partial;
  }

  /** Asks the peer for up to `most` free blocks, in ascending order. */
  take(partial: PartialPiece, key: PeerKey, most: number, nowMs: number, out: BlockRef[]): void {
    const blocks = Math.min(most, partial.free);
    for (let i = 0; i < blocks; i++) out.push(this.layout.blockRange(partial.piece, partial.takeFree(key)));
    this.#stateOf(key).outstanding += blocks;
    partial.requestedMs = nowMs;
    this.#settle(partial);
  }

  /**
   * Asks the peer too for up to `most` blocks that exactly `asked` others were asked for: from the last one down, as
   * the peer that was asked first works its way up.
   */
  double(
    partial: PartialPiece,
    key: PeerKey,
    asked: number,
    most: number,
    nowMs: number,
    out: BlockRef[],
  ): void {
    let block = partial.requested > 0 ? partial.blocks : 0;
    for (let i = 0; i < most; i++) {
      block = partial.lastRequested(key, asked, block);
      if (block < 0) return;
      partial.addRequester(block, key);
      partial.requestedMs = nowMs;
      this.#stateOf(key).outstanding++;
      out.push(this.layout.blockRange(partial.piece, block));
    }
  }

  received(key: PeerKey, piece: number, block: number): Received {
    const partial = this.#pieces.get(piece);
    if (!partial) return piece < this.layout.pieceCount && this.table.has(piece) ? 'duplicate' : 'unwanted';
    if (!(block >= 0 && block < partial.blocks)) return 'unwanted';
    if (partial.isFinished(block)) {
      partial.release(block, key);
      return 'duplicate';
    }
    if (partial.locked && partial.owner !== key && !partial.isRequested(block, key)) return 'unwanted';
    if (partial.isRequested(block)) this.#unask(partial, block);
    partial.finish(block, key);
    this.#settle(partial);
    return 'new';
  }

  release(key: PeerKey, piece: number, block: number): void {
    const partial = this.#pieces.get(piece);
    if (!partial?.release(block, key)) return;
    this.#count(key, -1);
    this.#settle(partial);
  }

  /** @returns the blocks that became free */
  releasePeer(key: PeerKey): BlockRef[] {
    const freed: BlockRef[] = [];
    if (!this.#peers.delete(key)) return freed;
    for (const partial of this.#pieces.values()) {
      if (partial.owner === key) disown(partial);
      for (const block of partial.releaseAll(key)) freed.push(this.layout.blockRange(partial.piece, block));
      this.#settle(partial);
    }
    return freed;
  }

  /** Finished blocks (all, or those given) were bad: they are free again. */
  reset(piece: number, blocks?: readonly number[]): void {
    const partial = this.#pieces.get(piece);
    if (!partial) return;
    partial.reset(blocks);
    disown(partial);
    this.#settle(partial);
  }

  #settle(partial: PartialPiece): void {
    if (partial.free > 0 && this.table.wants(partial.piece)) this.open.add(partial);
    else this.open.delete(partial);
  }

  #unask(partial: PartialPiece, block: number): void {
    for (const key of partial.requesters(block)) this.#count(key, -1);
  }

  #count(key: PeerKey, change: number): void {
    const state = this.#peers.get(key);
    if (state) state.outstanding += change;
  }

  #stateOf(key: PeerKey): PeerState {
    let state = this.#peers.get(key);
    if (!state) {
      state = { outstanding: 0, current: undefined };
      this.#peers.set(key, state);
    }
    return state;
  }
}

function disown(partial: PartialPiece): void {
  partial.owner = NOBODY;
  partial.locked = false;
}
