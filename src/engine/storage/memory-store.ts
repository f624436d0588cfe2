import { MillraceError } from '../errors.js';
import type { FileStamp, Storage } from '../swarm/ports.js';
import { closedError } from './errors.js';
import { FileMap, type MappedFile } from './file-map.js';
import { NO_FILE } from './stamps.js';

/** Chunks are made when first written; small enough that a sparse store stays small. */
const DEFAULT_CHUNK_BYTES = 16 << 20;

export interface MemoryStoreOptions {
  readonly length: number;
  /** Defaults to one file of `length` bytes. */
  readonly files?: readonly MappedFile[];
  /** Content to begin with, one after the other from byte 0; copied. */
  readonly content?: readonly Uint8Array[];
  /** Defaults to 16 MiB. */
  readonly chunkBytes?: number;
}

/**
 * A torrent in memory, for tests and for seeds that were never on a disk. It has no files to lease and nothing to
 * sync. Reading a chunk that was never written is ERR_STORAGE_MISSING; so is a file that is not there.
 */
export function createMemoryStore(options: MemoryStoreOptions): Storage {
  return new MemoryStore(options);
}

class MemoryStore implements Storage {
  readonly length: number;
  readonly #map: FileMap;
  readonly #chunkBytes: number;
  readonly #chunks: (Uint8Array | undefined)[];
  /** Writes to each file: a stamp that changes whenever the content may have. */
  readonly #writes: number[];
  #closed = false;

  constructor({ length, files, content = [], chunkBytes = DEFAULT_CHUNK_BYTES }: MemoryStoreOptions) {
    this.#map = new FileMap(files ?? [{ path: ['memory'], length, offset: 0, pad: false }]);
    if (this.#map.length !== length)
      throw new RangeError(`files hold ${this.#map.length} bytes, must be ${length}`);
    if (!Number.isSafeInteger(chunkBytes) || chunkBytes < 1)
      throw new RangeError(`chunkBytes is ${chunkBytes}, must be at least 1`);
    this.length = length;
    this.#chunkBytes = chunkBytes;
    this.#chunks = new Array(Math.ceil(length / chunkBytes));
    this.#writes = this.#map.files.map(() => 0);
    let at = 0;
    for (const part of content) {
      this.#writeRuns(at, part);
      at += part.length;
    }
  }

  async open(): Promise<void> {
    for (const [index, { length }] of this.#map.files.entries()) if (length === 0) this.#writes[index]++;
  }

  async read(at: number, into: Uint8Array): Promise<void> {
    if (this.#closed) throw closedError();
    let done = 0;
    for (const { length, pad } of this.#map.runs(at, into.length)) {
      const part = into.subarray(done, done + length);
      if (pad) part.fill(0);
      else
        this.#eachChunk(at + done, part, (chunk, from, piece) =>
          piece.set(chunk.subarray(from, from + piece.length)),
        );
      done += length;
    }
  }

  async write(at: number, from: Uint8Array): Promise<void> {
    if (this.#closed) throw closedError();
    this.#writeRuns(at, from);
  }

  async sync(): Promise<void> {
    if (this.#closed) throw closedError();
  }

  async stamps(): Promise<FileStamp[]> {
    return this.#map.files.map(({ length, pad }, index) =>
      pad || this.#writes[index] === 0 ? NO_FILE : { size: length, mtimeMs: this.#writes[index] },
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#chunks.length = 0;
  }

  #writeRuns(at: number, from: Uint8Array): void {
    let done = 0;
    for (const { file, length, pad } of this.#map.runs(at, from.length)) {
      const part = from.subarray(done, done + length);
      if (!pad) {
        this.#eachChunk(at + done, part, (chunk, to, piece) => chunk.set(piece, to), 'make');
        this.#writes[file]++;
      }
      done += length;
    }
  }

  #eachChunk(
    at: number,
    bytes: Uint8Array,
    visit: (chunk: Uint8Array, position: number, part: Uint8Array) => void,
    missing: 'make' | 'fail' = 'fail',
  ): void {
    for (let done = 0; done < bytes.length; ) {
      const index = Math.floor((at + done) / this.#chunkBytes);
      const position = (at + done) % this.#chunkBytes;
      const chunk = this.#chunks[index] ?? this.#absent(index, missing);
      const part = bytes.subarray(done, done + chunk.length - position);
      visit(chunk, position, part);
      done += part.length;
    }
  }

  #absent(index: number, missing: 'make' | 'fail'): Uint8Array {
    const start = index * this.#chunkBytes;
    if (missing === 'fail')
      throw new MillraceError('ERR_STORAGE_MISSING', `nothing was written at ${start}`, { start });
    try {
      return (this.#chunks[index] = new Uint8Array(Math.min(this.#chunkBytes, this.length - start)));
    } catch (cause) {
      const message = `no memory for a chunk of ${this.#chunkBytes} bytes`;
      throw new MillraceError('ERR_STORAGE_FULL', message, { chunkBytes: this.#chunkBytes }, cause);
    }
  }
}
