import type { MillraceError } from '../errors.js';
import type { Kernels } from '../kernels/types.js';
import type { TorrentCore } from '../swarm/torrent-core.js';
import type { Durability } from './durability.js';
import type { MemoryBudget } from './memory-budget.js';
import { type PieceIo, pieceBytes } from './piece-io.js';
import type { ReadCache } from './read-cache.js';

export interface ArrivalsOptions {
  readonly torrent: number;
  readonly core: TorrentCore;
  readonly io: PieceIo;
  readonly kernels: Kernels;
  readonly budget: MemoryBudget;
  readonly cache: ReadCache;
  readonly padding: readonly { offset: number; length: number }[];
  readonly durability: Durability | undefined;
  /** The core changed: it is due a turn. */
  readonly poke: () => void;
  readonly onError: (error: MillraceError) => void;
}

/** Pieces on their way from memory to disk: hashed and written by a worker, then told to the core. */
export class Arrivals {
  #verifying = 0;
  #onIdle: (() => void) | undefined;

  constructor(readonly options: ArrivalsOptions) {}

  /** Pieces that are being hashed or written. */
  get verifying(): number {
    return this.#verifying;
  }

  async verify(piece: number, at: number): Promise<void> {
    const { core, io, durability, poke, onError } = this.options;
    this.#verifying++;
    this.#zeroPadding(piece, at);
    try {
      const good = await io.verifyWrite(piece, at);
      if (good) durability?.written(piece, pieceBytes(io.table, piece));
      core.handleVerified(piece, good);
    } catch (error) {
      core.handleUnwritten(piece);
      onError(error as MillraceError);
    } finally {
      this.#verifying--;
      if (this.#verifying === 0) this.#onIdle?.();
      poke();
    }
  }

  /** The slot of a piece that is good and written: kept for those who will ask for it, or free again. */
  settle(piece: number, at: number, length: number): void {
    const { core, cache, budget, torrent } = this.options;
    let asked = false;
    for (const peer of core.peers.values()) asked ||= peer.peerInterested && !peer.amChoking;
    if (asked) cache.put(torrent, piece, at, length, true);
    else budget.release(at);
  }

  /** Resolves when no worker touches this torrent's slots any more; the core knows of all that they have written. */
  async close(): Promise<void> {
    if (this.#verifying === 0) return;
    await new Promise<void>(resolve => {
      this.#onIdle = resolve;
    });
  }

  /** Padding is never sent (BEP 47): it is zeros, and the hash covers it. */
  #zeroPadding(piece: number, at: number): void {
    const { padding, kernels, io } = this.options;
    if (padding.length === 0) return;
    const start = piece * io.table.pieceLength;
    const end = start + pieceBytes(io.table, piece);
    for (const { offset, length } of padding) {
      const from = Math.max(start, offset);
      const to = Math.min(end, offset + length);
      if (from < to) kernels.fill(at + from - start, 0, to - from);
    }
  }
}
