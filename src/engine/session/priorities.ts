import type { Priority } from '../policy/picker.js';
import type { TorrentFile } from '../protocol/metainfo-types.js';

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

  /** These files and no others. */
  only(indices: readonly number[]): void {
    this.#levels.fill(0);
    this.setPieces(0, Number.POSITIVE_INFINITY, 0);
    for (const index of indices) {
      const { offset, length } = this.files[index];
      this.#levels[index] = 2;
      if (length > 0)
        this.setPieces(
          Math.floor(offset / this.pieceLength),
          Math.floor((offset + length - 1) / this.pieceLength) + 1,
          2,
        );
    }
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
