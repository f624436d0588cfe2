import type { WorkerPool } from '../../workers/pool.js';
import { isMillraceError } from '../errors.js';
import { SHA1_BYTES } from '../kernels/types.js';
import type { ExtentLease, Storage } from '../swarm/ports.js';
import { nowMs } from './clock.js';

/** What a torrent's pieces are, as far as disk and hash see them. */
export interface PieceTable {
  readonly pieceLength: number;
  readonly length: number;
  /** SHA-1 of each piece, 20 bytes apiece. */
  readonly pieces: Uint8Array;
}

export function pieceBytes({ pieceLength, length }: PieceTable, piece: number): number {
  return Math.min(pieceLength, length - piece * pieceLength);
}

export function pieceDigest({ pieces }: PieceTable, piece: number): Uint8Array {
  return pieces.subarray(piece * SHA1_BYTES, (piece + 1) * SHA1_BYTES);
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
    readonly storage: Storage,
    readonly pool: WorkerPool,
    memory: ArrayBufferLike,
  ) {
    this.#memory = new Uint8Array(memory);
  }

  /** Hashes the slot and writes it when it is good. @throws MillraceError ERR_STORAGE_* @returns whether it was good */
  async verifyWrite(piece: number, at: number): Promise<boolean> {
    const length = pieceBytes(this.table, piece);
    const digest = pieceDigest(this.table, piece);
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

  /** Is the piece on disk and good? The slot is scratch. @throws MillraceError for anything but missing bytes */
  async recheck(piece: number, at: number): Promise<boolean> {
    const length = pieceBytes(this.table, piece);
    const digest = pieceDigest(this.table, piece);
    const offset = piece * this.table.pieceLength;
    try {
      const lease = await this.#lease(offset, length, 'read');
      if (lease === undefined) {
        await this.#timed(this.storage.read(offset, this.#slot(at, length)));
        return await this.pool.verifyWrite({ at, length, digest });
      }
      try {
        return (await this.pool.recheck({ at, length, digest, extents: lease.extents })) === true;
      } finally {
        lease.release();
      }
    } catch (error) {
      if (isMillraceError(error, 'ERR_STORAGE_MISSING')) return false;
      throw error;
    }
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
