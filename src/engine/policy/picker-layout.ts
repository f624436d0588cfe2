import { BLOCK_BYTES } from '../protocol/peer/messages.js';
import { type BlockRef, type ByteRun, checkGeometry } from './picker-options.js';

/** Where pieces and blocks lie, and which of them are nothing but padding (BEP 47). */
export class PieceLayout {
  /** Blocks of every piece but the last. */
  readonly blocksPerPiece: number;
  readonly #padBlocks = new Map<number, number[]>();

  constructor(
    readonly pieceCount: number,
    readonly pieceLength: number,
    readonly length: number,
    padding: readonly ByteRun[] = [],
  ) {
    checkGeometry(pieceCount, pieceLength, length);
    this.blocksPerPiece = Math.ceil(pieceLength / BLOCK_BYTES);
    for (const run of mergeRuns(padding, length)) this.#addPadding(run);
  }

  pieceBytes(piece: number): number {
    return Math.min(this.pieceLength, this.length - piece * this.pieceLength);
  }

  blockCount(piece: number): number {
    return piece === this.pieceCount - 1
      ? Math.ceil(this.pieceBytes(piece) / BLOCK_BYTES)
      : this.blocksPerPiece;
  }

  blockRange(piece: number, block: number): BlockRef {
    const begin = block * BLOCK_BYTES;
    return { piece, block, begin, length: Math.min(BLOCK_BYTES, this.pieceBytes(piece) - begin) };
  }

  /** Blocks of the piece that are all padding, ascending. Such a block is known to be zeros and never requested. */
  padBlocks(piece: number): readonly number[] {
    return this.#padBlocks.get(piece) ?? [];
  }

  /** Pieces that are all padding. */
  *padPieces(): Iterable<number> {
    for (const [piece, blocks] of this.#padBlocks) if (blocks.length === this.blockCount(piece)) yield piece;
  }

  #addPadding({ offset, length }: ByteRun): void {
    const end = offset + length;
    for (let piece = Math.floor(offset / this.pieceLength); piece * this.pieceLength < end; piece++) {
      const start = piece * this.pieceLength;
      const from = Math.max(0, offset - start);
      const to = Math.min(this.pieceBytes(piece), end - start);
      const first = Math.ceil(from / BLOCK_BYTES);
      const last = to === this.pieceBytes(piece) ? this.blockCount(piece) : Math.floor(to / BLOCK_BYTES);
      if (first >= last) continue;
      const blocks = this.#padBlocks.get(piece) ?? [];
      for (let block = first; block < last; block++) blocks.push(block);
      this.#padBlocks.set(piece, blocks);
    }
  }
}

/** Sorted, cut to the torrent, neighbours joined: two pad files may share a block. */
function mergeRuns(runs: readonly ByteRun[], limit: number): ByteRun[] {
  const merged: { offset: number; length: number }[] = [];
  for (const run of [...runs].sort((a, b) => a.offset - b.offset)) {
    const offset = Math.max(0, run.offset);
    const end = Math.min(limit, run.offset + run.length);
    if (!(end > offset)) continue;
    const last = merged.at(-1);
    if (last && offset <= last.offset + last.length) last.length = Math.max(last.length, end - last.offset);
    else merged.push({ offset, length: end - offset });
  }
  return merged;
}
