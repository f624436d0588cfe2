import { isMillraceError, type MillraceError } from '../errors.js';
import type { MemoryBudget } from './memory-budget.js';
import { type PieceIo, pieceBytes } from './piece-io.js';
import type { CachedPiece, ReadCache } from './read-cache.js';

/** Reads of one torrent that may be under way; more would only take memory from what is being sent. */
const MAX_READS = 16;

/**
 * Share of the memory whose pieces may wait in the queue of one socket, and at least so many pieces that going from one
 * to the next does not stop the flow. A peer that asks for a block of every piece and never reads holds no more.
 */
const MAX_PINNED_SHARE = 1 / 32;
const MIN_PINNED = 2;

export interface PieceReaderOptions {
  readonly torrent: number;
  readonly io: PieceIo;
  readonly cache: ReadCache;
  readonly budget: MemoryBudget;
  /** A piece came in, or memory did: whoever waits may try again. */
  readonly onReady: () => void;
  readonly onError: (error: MillraceError) => void;
}

/** Brings whole pieces of one torrent into memory for sending: a worker reads them in one go. */
export class PieceReader {
  #reading = 0;
  #closed = false;

  constructor(readonly options: PieceReaderOptions) {}

  get reading(): number {
    return this.#reading;
  }

  /** Pieces of which one peer's blocks may be in its socket's queue. */
  get maxPinned(): number {
    const { budget, io } = this.options;
    return Math.max(MIN_PINNED, Math.floor((budget.budgetBytes * MAX_PINNED_SHARE) / io.table.pieceLength));
  }

  /** The piece, pinned until `release`; undefined while it is on its way or has no room. */
  take(piece: number): CachedPiece | undefined {
    const { cache, torrent } = this.options;
    const cached = cache.get(torrent, piece);
    if (cached === undefined) this.prefetch(piece);
    if (!cached?.ready) return undefined;
    cached.pins++;
    return cached;
  }

  release(piece: CachedPiece): void {
    this.options.cache.unpin(piece);
  }

  /** Nobody will ask for it soon: the next piece is read into its memory, which the processor's caches hold. */
  forget(piece: number): void {
    this.options.cache.drop(this.options.torrent, piece);
  }

  /** Starts to read the piece unless it is here or on its way. `isWanted` is only asked when there is something to read. */
  prefetch(piece: number, isWanted: (piece: number) => boolean = () => true): void {
    const { cache, torrent, budget, io } = this.options;
    if (this.#closed || this.#reading >= MAX_READS || cache.get(torrent, piece) !== undefined) return;
    if (!isWanted(piece)) return;
    const at = budget.allocate(io.table.pieceLength);
    if (at < 0) return;
    void this.#read(piece, cache.put(torrent, piece, at, pieceBytes(io.table, piece), false));
  }

  close(): void {
    this.#closed = true;
    this.options.cache.dropTorrent(this.options.torrent);
  }

  async #read(piece: number, cached: CachedPiece): Promise<void> {
    const { cache, torrent, io, onReady, onError } = this.options;
    this.#reading++;
    try {
      await io.read(piece, cached.at);
      cache.filled(cached);
      this.#reading--;
      if (!this.#closed) onReady();
    } catch (error) {
      cache.drop(torrent, piece);
      cache.unpin(cached);
      this.#reading--;
      // So many wait for files in the whole session that this one may not even wait: it is asked for again in a later turn.
      const busy = isMillraceError(error, 'ERR_STORAGE_HANDLES') && error.facts.waiting !== undefined;
      if (!this.#closed && !busy) onError(error as MillraceError);
    }
  }
}
