/** What the swarm core and the session need of memory and disk. Implemented in workers, storage and sim. */

/**
 * Piece slots in the shared memory, under one budget for everything requested, received, hashing, not yet written
 * and cached. A slot is contiguous and never zeroed: whoever reads it knows what was written.
 */
export interface SlotPool {
  /** Address of a slot of at least `bytes`, or -1 when the budget is used up. */
  allocate(bytes: number): number;
  release(at: number): void;
  /** Bytes in slots now, and the most they may be. */
  readonly usedBytes: number;
  readonly budgetBytes: number;
}

/** A run of bytes in one open file. `fd` -1 is padding: reads as zeros, writes vanish (BEP 47). */
export interface Extent {
  readonly fd: number;
  readonly position: number;
  readonly length: number;
}

/** Extents whose files stay open until `release`. */
export interface ExtentLease {
  readonly extents: readonly Extent[];
  release(): void;
}

/** Identity of a file's content as far as the file system tells; compared on resume. */
export interface FileStamp {
  /** -1 when the file does not exist. */
  readonly size: number;
  readonly mtimeMs: number;
}

/**
 * The bytes of one torrent, addressed as one run from 0 to `length`. All failures are MillraceError ERR_STORAGE_*.
 * Concurrent calls are allowed; overlapping concurrent writes are the caller's mistake.
 */
export interface Storage {
  readonly length: number;
  /** Makes folders, zero-length files and, when asked for, the full allocation. Call once, before anything else. */
  open(): Promise<void>;
  read(at: number, into: Uint8Array): Promise<void>;
  write(at: number, from: Uint8Array): Promise<void>;
  /** What was written before the call is durable when it resolves (fdatasync). */
  sync(): Promise<void>;
  /** One stamp a file, in torrent order; padding has size -1. */
  stamps(): Promise<FileStamp[]>;
  /**
   * Open files that hold the range, so that a worker reads or writes them itself. A storage without it is served
   * through read and write.
   */
  lease?(at: number, length: number, mode: 'read' | 'write'): Promise<ExtentLease>;
  close(): Promise<void>;
}
