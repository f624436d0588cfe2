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
  doneBytes = 0;

  constructor(
    readonly core: TorrentCore,
    readonly geometry: Geometry,
    readonly memory: ArrayBufferLike,
  ) {
    // Pieces that are nothing but padding are there from the start.
    const { haveCount } = core.picker;
    for (let piece = 0; haveCount > 0 && piece < geometry.pieceCount; piece++)
      if (core.picker.has(piece)) this.doneBytes += core.picker.pieceBytes(piece);
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
    this.doneBytes += picker.pieceBytes(piece);
    return true;
  }

  markAll(): void {
    this.core.picker.markAllHave();
    this.doneBytes = this.geometry.length;
  }

  unmark(piece: number): void {
    const { picker } = this.core;
    if (!picker.has(piece)) return;
    picker.unmarkHave(piece);
    this.doneBytes -= picker.pieceBytes(piece);
  }

  /** Bytes of so many pieces, the last of the torrent, which may be short, among them or not. */
  #bytesOf(pieces: number, withLast: boolean): number {
    const { pieceLength, length, pieceCount } = this.geometry;
    return pieces * pieceLength - (withLast ? pieceCount * pieceLength - length : 0);
  }
}
