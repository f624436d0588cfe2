import { Readable } from 'node:stream';
import type { UnderlyingByteSource } from 'node:stream/web';
import { MillraceError } from '../errors.js';
import type { Priority } from '../policy/picker.js';
import type { TorrentFile } from '../protocol/metainfo-types.js';
import type { PieceTable } from './piece-io.js';
import type { PieceWaits } from './piece-waits.js';
import { doneIn } from './progress.js';
import type { FilePriority, StreamOptions, TorrentFileHandle, WaitOptions } from './types.js';
import { throwIfAborted } from './waits.js';

/** Fetched ahead of a reader: enough to hide a round trip of the swarm. */
const READ_AHEAD_BYTES = 8 * 1024 * 1024;

/** Handed to a stream at once. */
const CHUNK_BYTES = 256 * 1024;

const LEVELS: readonly FilePriority[] = ['skip', 'low', 'normal', 'high'];

export function priorityLevel(priority: FilePriority): Priority {
  const level = LEVELS.indexOf(priority);
  if (level < 0)
    throw new MillraceError('ERR_OPTION', `priority is ${priority}, must be ${LEVELS.join(', ')}`, {
      priority,
    });
  return level as Priority;
}

export function priorityName(level: Priority): FilePriority {
  return LEVELS[level];
}

/** What a file needs of its torrent. */
export interface FileOwner {
  readonly table: PieceTable;
  readonly waits: PieceWaits;
  has(piece: number): boolean;
  /** What the file is called now. */
  pathOf(index: number): readonly string[];
  /** Bytes of the torrent whose pieces are here. */
  read(at: number, into: Uint8Array): Promise<void>;
  filePriority(index: number): Priority;
  setFilePriority(index: number, level: Priority): void;
}

/** One file of a torrent: its priority, and reading it while it arrives. */
export class FileHandle implements TorrentFileHandle {
  constructor(
    readonly index: number,
    readonly file: TorrentFile,
    readonly owner: FileOwner,
  ) {}

  get path(): string {
    return this.owner.pathOf(this.index).join('/');
  }

  get length(): number {
    return this.file.length;
  }

  get done(): number {
    return doneIn(this.file, this.owner.table.pieceLength, piece => this.owner.has(piece));
  }

  get priority(): FilePriority {
    return priorityName(this.owner.filePriority(this.index));
  }

  set priority(priority: FilePriority) {
    this.owner.setFilePriority(this.index, priorityLevel(priority));
  }

  async read(into: Uint8Array, options: { offset?: number } & WaitOptions = {}): Promise<number> {
    const from = options.offset ?? 0;
    this.#checkRange(from, this.length);
    const length = Math.min(into.length, this.length - from);
    const reader = {};
    try {
      await this.#read(reader, into.subarray(0, length), from, from + length, options.signal);
    } finally {
      this.owner.waits.want(reader, []);
    }
    return length;
  }

  stream({ start = 0, end = this.length, signal }: StreamOptions = {}): ReadableStream<Uint8Array> {
    this.#checkRange(start, end);
    const reader = {};
    let at = start;
    const source: UnderlyingByteSource = {
      type: 'bytes',
      pull: async controller => {
        try {
          throwIfAborted(signal);
          if (at >= end) {
            this.owner.waits.want(reader, []);
            controller.close();
            controller.byobRequest?.respond(0);
            return;
          }
          const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - at));
          await this.#read(reader, chunk, at, end, signal);
          at += chunk.length;
          controller.enqueue(chunk);
        } catch (error) {
          this.owner.waits.want(reader, []);
          controller.error(error);
        }
      },
      cancel: () => this.owner.waits.want(reader, []),
    };
    return new ReadableStream(source);
  }

  createReadStream({ start = 0, end = this.length - 1, signal }: StreamOptions = {}): Readable {
    return Readable.fromWeb(
      this.stream({ start, end: Math.max(start, end + 1), signal }) as Parameters<typeof Readable.fromWeb>[0],
    );
  }

  #checkRange(start: number, end: number): void {
    if (start >= 0 && start <= end && end <= this.length && Number.isInteger(start) && Number.isInteger(end))
      return;
    throw new RangeError(`bytes ${start} to ${end} of a file of ${this.length}`);
  }

  /** Fills `into` from byte `from` of the file; asks for what comes up to `horizon` ahead. */
  async #read(
    reader: object,
    into: Uint8Array,
    from: number,
    horizon: number,
    signal?: AbortSignal,
  ): Promise<void> {
    if (into.length === 0) return;
    const { table, waits } = this.owner;
    const at = this.file.offset + from;
    const first = Math.floor(at / table.pieceLength);
    const last = Math.floor((at + into.length - 1) / table.pieceLength);
    const aheadEnd = this.file.offset + Math.min(horizon, from + Math.max(into.length, READ_AHEAD_BYTES));
    const ahead: number[] = [];
    for (let piece = first; piece * table.pieceLength < aheadEnd; piece++)
      if (!this.owner.has(piece)) ahead.push(piece);
    waits.want(reader, ahead);
    for (let piece = first; piece <= last; piece++) await waits.until(piece, signal);
    await this.owner.read(at, into);
  }
}
