import type { PeerKey } from '../ids.js';

/** Blocks remembered at most: 128 MiB of bad data under suspicion, about a megabyte of memory. */
export const MAX_SUSPECT_BLOCKS = 8192;

/** Senders remembered of one block. Honest ones agree, so more than a few say nothing new. */
export const MAX_SENDERS_PER_BLOCK = 4;

interface Sent {
  readonly source: PeerKey;
  readonly digest: string;
}

/**
 * Convicts only liars. After a failed piece each block is remembered with its sender and its digest; once the piece is
 * good, whoever sent a block with another digest lied. Memory is bounded: the pieces suspected first are forgotten
 * first. Any digest will do that a liar cannot collide.
 */
export class SmartBan {
  /** By piece, then by block. */
  readonly #pieces = new Map<number, Map<number, Sent[]>>();
  #blocks = 0;

  constructor(readonly maxBlocks: number = MAX_SUSPECT_BLOCKS) {
    if (!(maxBlocks >= 1)) throw new RangeError(`maxBlocks is ${maxBlocks}, must be at least 1`);
  }

  /** Remembered blocks. */
  get size(): number {
    return this.#blocks;
  }

  /**
   * A block of a piece that failed.
   * @returns true when this sender sent something else the last time: one of the two was a lie.
   */
  suspect(piece: number, block: number, source: PeerKey, digest: string): boolean {
    const blocks = this.#pieces.get(piece) ?? new Map<number, Sent[]>();
    this.#pieces.set(piece, blocks);
    const sent = blocks.get(block);
    if (!sent) {
      blocks.set(block, [{ source, digest }]);
      this.#blocks++;
      this.#trim(piece);
      return false;
    }
    if (sent.some(other => other.source === source && other.digest === digest)) return false;
    const lied = sent.some(other => other.source === source);
    if (sent.length < MAX_SENDERS_PER_BLOCK) sent.push({ source, digest });
    return lied;
  }

  /** Whether blocks of the piece are remembered. */
  suspects(piece: number): boolean {
    return this.#pieces.has(piece);
  }

  /**
   * The piece is good now: names the liars, each once, and forgets the piece.
   * @param digestOf digest of a good block; asked only for remembered ones
   */
  settle(piece: number, digestOf: (block: number) => string): PeerKey[] {
    const liars = new Set<PeerKey>();
    for (const [block, sent] of this.#pieces.get(piece) ?? []) {
      const good = digestOf(block);
      for (const { source, digest } of sent) if (digest !== good) liars.add(source);
    }
    this.forget(piece);
    return [...liars];
  }

  /** The piece is no longer wanted. */
  forget(piece: number): void {
    this.#blocks -= this.#pieces.get(piece)?.size ?? 0;
    this.#pieces.delete(piece);
  }

  /** Makes room; within the newest piece when that alone is too large. */
  #trim(newest: number): void {
    for (const piece of this.#pieces.keys()) {
      if (this.#blocks <= this.maxBlocks) return;
      if (piece !== newest) this.forget(piece);
    }
    const blocks = this.#pieces.get(newest);
    for (const block of blocks?.keys() ?? []) {
      if (this.#blocks <= this.maxBlocks) return;
      blocks?.delete(block);
      this.#blocks--;
    }
  }
}
