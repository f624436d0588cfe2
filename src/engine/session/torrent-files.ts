import type { Priority } from '../policy/picker.js';
import { FileHandle, type FileOwner } from './file-handle.js';
import type { PieceTable } from './piece-io.js';
import type { PieceWaits } from './piece-waits.js';
import { FilePriorities } from './priorities.js';
import type { Workings } from './workings.js';

/** A torrent's files as users see them, and what they want of each; made when somebody looks. */
export class TorrentFiles implements FileOwner {
  readonly handles: readonly FileHandle[];
  readonly #priorities: FilePriorities;
  /** Somebody chose among the files. */
  chosen = false;

  constructor(
    readonly workings: Workings,
    setPieces: (from: number, to: number, level: Priority) => void,
  ) {
    const { files, pieceLength, pieceCount } = workings.metainfo;
    this.handles = files.map((file, index) => new FileHandle(index, file, this));
    this.#priorities = new FilePriorities(files, pieceLength, (from, to, level) =>
      setPieces(from, Math.min(to, pieceCount), level),
    );
  }

  get table(): PieceTable {
    return this.workings.metainfo;
  }

  get waits(): PieceWaits {
    return this.workings.waits;
  }

  pathOf(index: number): readonly string[] {
    return this.workings.place.files[index].path;
  }

  has(piece: number): boolean {
    return this.workings.has(piece);
  }

  read(at: number, into: Uint8Array): Promise<void> {
    return this.workings.read(at, into);
  }

  setFilePriority(index: number, level: Priority): void {
    this.chosen = true;
    this.#priorities.set(index, level);
  }

  /** These files and no others. */
  select(indices: readonly number[]): void {
    this.chosen = true;
    this.#priorities.only(indices);
  }
}
