import type { WorkerPool } from '../../workers/pool.js';
import { bytesEqual } from '../bytes.js';
import { isMillraceError } from '../errors.js';
import { SHA1_BYTES } from '../kernels/types.js';
import type { ExtentLease, Storage } from '../swarm/ports.js';
import { nowMs } from './clock.js';
import type { PieceRun } from './piece-runs.js';

/** Where a torrent's pieces lie. */
export interface PieceTable {
  readonly pieceLength: number;
  readonly length: number;
}

/** SHA-1 of each piece, 20 bytes apiece; a promise while they have to be read again. */
export type PieceHashes = () => Uint8Array | Promise<Uint8Array>;

export function pieceBytes({ pieceLength, length }: PieceTable, piece: number): number {
  return Math.min(pieceLength, length - piece * pieceLength);
}

function digestOf(hashes: Uint8Array, piece: number): Uint8Array {
  return hashes.subarray(piece * SHA1_BYTES, (piece + 1) * SHA1_BYTES);
}

/**
 * Moves whole pieces between a slot and a storage, with the hash on the way. A storage that lends its open files is
 * read and written by the worker that hashes; any other, and a range over too many files, goes through read and write.
 */
export class PieceIo {
  /** Time that calls of the storage took, one after the other. Jobs of the pool are counted there. */
  storageMs = 0;
  readonly #memory: Uint8Array;

  constructor(
    readonly table: PieceTable,
    readonly hashes: PieceHashes,
    readonly storage: Storage,
    readonly pool: WorkerPool,
    memory: ArrayBufferLike,
  ) {
    this.#memory = new Uint8Array(memory);
  }

  /**
   * Hashes the slot and writes it when it is good.
   * @throws MillraceError ERR_STORAGE_*, ERR_METAINFO_LOST @returns whether it was good
   */
  async verifyWrite(piece: number, at: number): Promise<boolean> {
    const length = pieceBytes(this.table, piece);
    const digest = await this.#digest(piece);
    const offset = piece * this.table.pieceLength;
    const lease = await this.#lease(offset, length, 'write');
    if (lease === undefined) {
      const good = await this.pool.verifyWrite({ at, length, digest });
      if (good) await this.#timed(this.storage.write(offset, this.#slot(at, length)));
      return good;
    }
    try {
      return await this.pool.verifyWrite({ at, length, digest, extents: lease.extents });
    } finally {
      lease.release();
    }
  }

  /** Fills the slot with the piece. @throws MillraceError ERR_STORAGE_* */
  async read(piece: number, at: number): Promise<void> {
    const length = pieceBytes(this.table, piece);
    const offset = piece * this.table.pieceLength;
    const lease = await this.#lease(offset, length, 'read');
    if (lease === undefined) return this.#timed(this.storage.read(offset, this.#slot(at, length)));
    try {
      await this.pool.read({ at, length, extents: lease.extents });
    } finally {
      lease.release();
    }
  }

  /**
   * SHA-1 of each piece of the run.
   * @throws MillraceError ERR_STORAGE_*: ERR_STORAGE_MISSING when any byte of them is
   */
  async digests(run: PieceRun): Promise<Uint8Array[]> {
    const { pieceLength, length: end } = this.table;
    const offset = run.first * pieceLength;
    const length = Math.min(run.count * pieceLength, end - offset);
    const lease = await this.#lease(offset, length, 'read');
    if (lease === undefined) {
      if (run.count > 1) return singly(run, piece => this.digests(piece));
      await this.#timed(this.storage.read(offset, this.#slot(run.at, length)));
      return [await this.pool.digest({ at: run.at, length, algorithm: 'sha1' })];
    }
    try {
      const { at, slotBytes } = run;
      const digests = await this.pool.hashPieces({
        at,
        length: slotBytes,
        pieceLength,
        extents: lease.extents,
      });
      return Array.from({ length: run.count }, (_, i) => digestOf(digests, i));
    } finally {
      lease.release();
    }
  }

  /** Which pieces of the run are on disk and good? @throws MillraceError for anything but missing bytes */
  async recheck(run: PieceRun): Promise<boolean[]> {
    try {
      const hashes = await this.hashes();
      const digests = await this.digests(run);
      return digests.map((digest, i) => bytesEqual(digest, digestOf(hashes, run.first + i)));
    } catch (error) {
      if (!isMillraceError(error, 'ERR_STORAGE_MISSING')) throw error;
      return run.count === 1 ? [false] : singly(run, piece => this.recheck(piece));
    }
  }

  async #digest(piece: number): Promise<Uint8Array> {
    return digestOf(await this.hashes(), piece);
  }

  async #timed<T>(call: Promise<T>): Promise<T> {
    const startMs = nowMs();
    try {
      return await call;
    } finally {
      this.storageMs += nowMs() - startMs;
    }
  }

  #slot(at: number, length: number): Uint8Array {
    return this.#memory.subarray(at, at + length);
  }

  async #lease(offset: number, length: number, mode: 'read' | 'write'): Promise<ExtentLease | undefined> {
    if (this.storage.lease === undefined) return undefined;
    try {
      return await this.#timed(this.storage.lease(offset, length, mode));
    } catch (error) {
      if (isMillraceError(error, 'ERR_STORAGE_HANDLES')) return undefined;
      throw error;
    }
  }
}

/** One piece after the other through the slot of their run. */
async function singly<T>(run: PieceRun, work: (piece: PieceRun) => Promise<T[]>): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < run.count; i++)
    results.push(...(await work({ ...run, first: run.first + i, count: 1 })));
  return results;
}
