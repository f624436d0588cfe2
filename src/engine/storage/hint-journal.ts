/**
 * Pieces that were verified and written but are not yet durable: 4 bytes each (big-endian), appended without fsync.
 * It outlives a killed process, not a power cut, and promises nothing: what it names is hashed again. Never fails:
 * a journal that cannot be written is given up until it is begun anew, which costs a second fetch at most.
 */
import { constants } from 'node:fs';
import { dirname } from 'node:path';
import { readU32, writeU32 } from '../bytes.js';
import { closeRaw, fstatRaw, ftruncateRaw, openRaw, writeFully } from './raw-fs.js';
import { makeStateFolder, NOFOLLOW, PRIVATE_FILE, readBounded } from './state-file.js';

const ENTRY_BYTES = 4;

export class HintJournal {
  /** Appends and restarts run one after the other. */
  #last: Promise<void> = Promise.resolve();
  #fd = -1;
  #position = 0;
  #queued: number[] = [];

  constructor(
    readonly path: string,
    readonly pieceCount: number,
  ) {}

  /** Pieces named by the journal on disk; a torn end and numbers that cannot be are skipped. */
  async read(): Promise<number[]> {
    const bytes = await readBounded(this.path, ENTRY_BYTES * this.pieceCount);
    const pieces = new Set<number>();
    for (let at = 0; bytes && at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
      const piece = readU32(bytes, at);
      if (piece < this.pieceCount) pieces.add(piece);
    }
    return [...pieces];
  }

  /**
   * Begins a new journal of `pieces()`, which must name all that was appended; later appends go to it. It is written
   * over the old one, whose end follows until it is cut off: a few pieces more to look at. A new file by its side would
   * be cleaner, but on a busy disk its rename takes longer than a short-lived process has (ext4: 20 to 120 ms).
   */
  restart(pieces: () => readonly number[]): Promise<void> {
    return this.#enqueue(async () => {
      if (this.#fd === -1) this.#fd = await this.#open();
      const list = pieces(); // includes what is queued
      this.#queued = [];
      this.#position = ENTRY_BYTES * list.length;
      await writeFully(this.#fd, encode(list), 0);
      if ((await fstatRaw(this.#fd)).size > this.#position) await ftruncateRaw(this.#fd, this.#position);
    });
  }

  /** Resolves when the pieces would outlive the process. */
  append(pieces: readonly number[]): Promise<void> {
    this.#queued.push(...pieces);
    return this.#enqueue(async () => {
      const bytes = encode(this.#queued);
      this.#queued = [];
      if (this.#fd === -1 || bytes.length === 0) return;
      await writeFully(this.#fd, bytes, this.#position);
      this.#position += bytes.length;
    });
  }

  close(): Promise<void> {
    return this.#enqueue(() => this.#drop());
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(task).catch(() => this.#drop());
    return this.#last;
  }

  async #open(): Promise<number> {
    await makeStateFolder(dirname(this.path));
    return openRaw(this.path, constants.O_RDWR | constants.O_CREAT | NOFOLLOW, PRIVATE_FILE);
  }

  async #drop(): Promise<void> {
    const fd = this.#fd;
    this.#fd = -1;
    if (fd !== -1) await closeRaw(fd).catch(() => {});
  }
}

function encode(pieces: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(ENTRY_BYTES * pieces.length);
  for (const [index, piece] of pieces.entries()) writeU32(bytes, ENTRY_BYTES * index, piece);
  return bytes;
}
