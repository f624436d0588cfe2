import { bitfieldBytes } from '../kernels/types.js';
import type { TorrentCore } from '../swarm/torrent-core.js';

interface Geometry {
  readonly pieceCount: number;
  readonly pieceLength: number;
  readonly length: number;
}

/** Bytes of a file whose pieces are here. */
export function doneIn(
  { offset, length }: { offset: number; length: number },
  pieceLength: number,
  has: (piece: number) => boolean,
): number {
  const end = offset + length;
  let done = 0;
  for (let piece = Math.floor(offset / pieceLength); piece * pieceLength < end; piece++)
    if (has(piece)) done += Math.min(end, (piece + 1) * pieceLength) - Math.max(offset, piece * pieceLength);
  return done;
}

/** Bytes that are here, wanted, and left of a torrent. */
export class Progress {
  constructor(
    readonly core: TorrentCore,
    readonly geometry: Geometry,
    readonly memory: ArrayBufferLike,
  ) {}

  get doneBytes(): number {
    const { picker } = this.core;
    return this.#bytesOf(picker.haveCount, picker.has(this.geometry.pieceCount - 1));
  }

  get wantedBytes(): number {
    const { picker } = this.core;
    return this.#bytesOf(picker.wantedCount, picker.priority(this.geometry.pieceCount - 1) > 0);
  }

  get leftBytes(): number {
    const { picker } = this.core;
    return this.#bytesOf(picker.wantedLeft, picker.isWanted(this.geometry.pieceCount - 1));
  }

  /** A copy of the verified bits. */
  haveBits(): Uint8Array {
    const { haveAt } = this.core.picker;
    return new Uint8Array(this.memory, haveAt, bitfieldBytes(this.geometry.pieceCount)).slice();
  }

  /** @returns false when the piece was here already */
  mark(piece: number): boolean {
    const { picker } = this.core;
    if (picker.has(piece)) return false;
    this.core.markHave(piece);
    return true;
  }

  markAll(): void {
    this.core.picker.markAllHave();
  }

  unmark(piece: number): void {
    this.core.picker.unmarkHave(piece);
  }

  /** Bytes of so many pieces, the last of the torrent, which may be short, among them or not. */
  #bytesOf(pieces: number, withLast: boolean): number {
    const { pieceLength, length, pieceCount } = this.geometry;
    return pieces * pieceLength - (withLast ? pieceCount * pieceLength - length : 0);
  }
}
