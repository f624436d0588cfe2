import type { Priority } from '../policy/picker.js';
import { FileHandle, type FileOwner } from './file-handle.js';
import type { PieceTable } from './piece-io.js';
import type { PieceWaits } from './piece-waits.js';
import { FilePriorities } from './priorities.js';
import type { FileLists } from './types.js';
import type { Workings } from './workings.js';

/** A torrent's files as users see them, and what they want of each; made when somebody looks. */
export class TorrentFiles implements FileOwner {
  #handles: readonly FileHandle[] | undefined;
  readonly #priorities: FilePriorities;
  /** Somebody chose among the files while they were at work. */
  chosen = false;
  /** The parts that are at work know the priorities. */
  #applied = false;

  constructor(
    readonly workings: Workings,
    setPieces: (from: number, to: number, level: Priority) => void,
  ) {
    const { files, pieceLength, pieceCount } = workings.metainfo;
    this.#priorities = new FilePriorities(files, pieceLength, (from, to, level) =>
      setPieces(from, Math.min(to, pieceCount), level),
    );
  }

  get handles(): readonly FileHandle[] {
    this.#handles ??= this.workings.metainfo.files.map((file, index) => new FileHandle(index, file, this));
    return this.#handles;
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

  filePriority(index: number): Priority {
    return this.#priorities.level(index);
  }

  setFilePriority(index: number, level: Priority): void {
    this.chosen = true;
    this.apply();
    this.#priorities.set(index, level);
  }

  /** Priorities from the start. A torrent that turns out to be complete has no use for them, and may rest. */
  begin(select: readonly number[] | undefined, priorities: FileLists | undefined): void {
    this.#priorities.only(select, priorities);
    this.workings.wantedAtRest = this.#priorities.wantedBytes(this.workings.metainfo.length);
  }

  /** Other parts than before are at work. */
  renewed(): void {
    this.#applied = false;
    this.apply();
  }

  /** Something is lacking, so priorities count. */
  apply(): void {
    if (this.#applied || this.workings.isComplete) return;
    this.#applied = true;
    this.#priorities.apply();
  }
}
