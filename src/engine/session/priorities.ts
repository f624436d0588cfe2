import type { Priority } from '../policy/picker.js';
import type { TorrentFile } from '../protocol/metainfo-types.js';
import type { FileLists } from './types.js';

/** Turns levels of files into levels of pieces: a piece that several files share has the highest of theirs. */
export class FilePriorities {
  readonly #levels: Priority[];

  constructor(
    readonly files: readonly TorrentFile[],
    readonly pieceLength: number,
    readonly setPieces: (from: number, to: number, level: Priority) => void,
  ) {
    this.#levels = files.map(() => 2);
  }

  set(index: number, level: Priority): void {
    this.#levels[index] = level;
    const file = this.files[index];
    if (file.length === 0) return;
    const first = Math.floor(file.offset / this.pieceLength);
    const last = Math.floor((file.offset + file.length - 1) / this.pieceLength);
    this.setPieces(first, last + 1, level);
    this.setPieces(first, first + 1, this.#highest(first));
    if (last > first) this.setPieces(last, last + 1, this.#highest(last));
  }

  level(index: number): Priority {
    return this.#levels[index];
  }

  /** These files and no others, all when absent, but for what the lists say. Pieces learn of it by `apply`. */
  only(indices: readonly number[] | undefined, { skip = [], low = [], high = [] }: FileLists = {}): void {
    if (indices !== undefined) {
      this.#levels.fill(0);
      for (const index of indices) this.#levels[index] = 2;
    }
    for (const index of skip) this.#levels[index] = 0;
    for (const index of low) if (this.#levels[index] > 0) this.#levels[index] = 1;
    for (const index of high) if (this.#levels[index] > 0) this.#levels[index] = 3;
  }

  /** Tells all levels, unless they are what pieces begin with. */
  apply(): void {
    if (this.#levels.every(level => level === 2)) return;
    this.setPieces(0, Number.POSITIVE_INFINITY, 0);
    for (const level of [1, 2, 3] as const) // the highest last
      this.files.forEach(({ offset, length, pad }, index) => {
        if (pad || length === 0 || this.#levels[index] !== level) return;
        const last = Math.floor((offset + length - 1) / this.pieceLength);
        this.setPieces(Math.floor(offset / this.pieceLength), last + 1, level);
      });
  }

  /** Bytes of all pieces that some wanted file has a part of. */
  wantedBytes(totalBytes: number): number {
    if (this.#levels.every(level => level > 0)) return totalBytes;
    let bytes = 0;
    let end = 0;
    this.files.forEach(({ offset, length, pad }, index) => {
      if (pad || length === 0 || this.#levels[index] === 0) return;
      const from = Math.max(end, offset - (offset % this.pieceLength));
      end = Math.max(end, Math.ceil((offset + length) / this.pieceLength) * this.pieceLength);
      bytes += Math.max(0, Math.min(end, totalBytes) - from);
    });
    return bytes;
  }

  #highest(piece: number): Priority {
    const start = piece * this.pieceLength;
    const end = start + this.pieceLength;
    let highest: Priority = 0;
    this.files.forEach(({ offset, length, pad }, index) => {
      if (!pad && length > 0 && offset < end && offset + length > start && this.#levels[index] > highest)
        highest = this.#levels[index];
    });
    return highest;
  }
}
