import type { MemoryBudget } from './memory-budget.js';

/** A piece in memory, or on its way there. */
export interface CachedPiece {
  readonly at: number;
  readonly length: number;
  ready: boolean;
  /** Bytes of it that were sent, to all peers together. */
  sentBytes: number;
  /** Blocks of it that are in a socket's queue: it must not be thrown out or overwritten meanwhile. */
  pins: number;
}

/** Pieces of one torrent never reach this number: parseMetainfo refuses more than 2,097,152. */
const MAX_PIECES = 2 ** 22;

/**
 * Pieces that were read to be sent, or that have just arrived and are asked for. The least recently used ones give way
 * as soon as anybody needs their memory, so the cache has no size of its own: it lives in what the budget leaves over.
 */
export class ReadCache {
  readonly #pieces = new Map<number, CachedPiece>();
  /** Pieces that were dropped while pinned. */
  readonly #orphans = new Set<CachedPiece>();

  constructor(readonly slots: MemoryBudget) {
    slots.reclaim = () => this.#evictOne();
  }

  get(torrent: number, piece: number): CachedPiece | undefined {
    const key = torrent * MAX_PIECES + piece;
    const cached = this.#pieces.get(key);
    if (cached !== undefined) {
      this.#pieces.delete(key);
      this.#pieces.set(key, cached);
    }
    return cached;
  }

  /** Takes a slot over; the caller fills it when it is not `ready`. */
  put(torrent: number, piece: number, at: number, length: number, ready: boolean): CachedPiece {
    this.drop(torrent, piece);
    const cached = { at, length, ready, sentBytes: 0, pins: ready ? 0 : 1 };
    this.#pieces.set(torrent * MAX_PIECES + piece, cached);
    return cached;
  }

  /** The slot was filled. */
  filled(cached: CachedPiece): void {
    cached.ready = true;
    this.unpin(cached);
  }

  /** Forgets a piece; its memory comes free when the last pin goes. */
  drop(torrent: number, piece: number): void {
    const key = torrent * MAX_PIECES + piece;
    const cached = this.#pieces.get(key);
    if (cached === undefined) return;
    this.#pieces.delete(key);
    if (cached.pins === 0) this.slots.release(cached.at);
    else this.#orphans.add(cached);
  }

  dropTorrent(torrent: number): void {
    for (const key of [...this.#pieces.keys()])
      if (Math.floor(key / MAX_PIECES) === torrent) this.drop(torrent, key % MAX_PIECES);
  }

  unpin(cached: CachedPiece): void {
    cached.pins--;
    if (cached.pins > 0) return;
    if (this.#orphans.delete(cached)) this.slots.release(cached.at);
    else this.slots.freed();
  }

  /** Throws the least recently used unpinned piece out. @returns false when there is none */
  #evictOne(): boolean {
    for (const [key, cached] of this.#pieces) {
      if (cached.pins > 0) continue;
      this.#pieces.delete(key);
      this.slots.release(cached.at);
      return true;
    }
    return false;
  }
}
