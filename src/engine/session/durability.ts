import type { MillraceError } from '../errors.js';
import type { ResumeStore } from '../storage/resume.js';
import type { Storage } from '../swarm/ports.js';

/** Verified bytes that may be in doubt: half of what a crash of the machine may cost, since one checkpoint may be running. */
const CHECKPOINT_BYTES = 32 * 1024 * 1024;

/** What is verified becomes durable at the latest after this time, also on a slow line. */
const CHECKPOINT_MS = 10_000;

/** Payload bytes of all sessions. */
export interface Traffic {
  readonly uploaded: number;
  readonly downloaded: number;
}

export interface DurabilityOptions {
  readonly resume: ResumeStore;
  readonly storage: Storage;
  /** A copy of the verified bits as they are now. */
  readonly haveBits: () => Uint8Array;
  readonly totals: () => Traffic;
  readonly onError: (error: MillraceError) => void;
}

/**
 * Decides when resume state is written. A kill of the process loses nothing, since hints are re-hashed on start; what
 * the checkpoints bound is the loss when the machine itself goes down.
 */
export class Durability {
  #bytes = 0;
  /** What the state on disk says of traffic; undefined while it lacks pieces. */
  #saved: Traffic | undefined;
  #last: Promise<void> = Promise.resolve();
  #hints: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(readonly options: DurabilityOptions) {}

  /** The piece is verified and written. */
  written(piece: number, bytes: number): void {
    if (this.#closed) return;
    this.#bytes += bytes;
    this.#saved = undefined;
    if (this.#hints.length === 0) queueMicrotask(() => this.#flushHints());
    this.#hints.push(piece);
    if (this.#bytes >= CHECKPOINT_BYTES) void this.#tryCheckpoint();
    else this.#arm();
  }

  /**
   * A check has proven these pieces, which state on disk may not know of. It also begins the journal before data comes
   * in: once the disk is busy, making a file may take longer than the process lives.
   */
  found(pieces: readonly number[]): void {
    if (this.#closed) return;
    if (pieces.length > 0) this.#saved = undefined;
    this.options.resume.hint(pieces).catch(() => {});
    if (pieces.length > 0) this.#arm();
  }

  /** The state on disk claims all that is here already. */
  loaded(): void {
    this.#saved = this.options.totals();
  }

  /** Writes the state now. @throws MillraceError ERR_STORAGE_* */
  checkpoint(): Promise<void> {
    const { resume, storage, haveBits, totals } = this.options;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#bytes = 0;
    const traffic = totals();
    this.#saved = traffic;
    this.#last = resume.checkpoint({ have: haveBits(), storage, ...traffic });
    this.#last.catch(() => {
      this.#saved = undefined;
    });
    return this.#last;
  }

  /** Writes the state unless it is, or is about to be, on disk as it is. @throws MillraceError ERR_STORAGE_* */
  save(): Promise<void> {
    const { uploaded, downloaded } = this.options.totals();
    const same = this.#saved?.uploaded === uploaded && this.#saved.downloaded === downloaded;
    return same ? this.#last : this.checkpoint();
  }

  /** A last checkpoint, unless the storage has failed, and no more. */
  async close(save: boolean): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    try {
      this.#flushHints();
      if (save) await this.checkpoint();
    } finally {
      await this.options.resume.close();
    }
  }

  #arm(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.#tryCheckpoint(), CHECKPOINT_MS);
    this.#timer.unref();
  }

  #flushHints(): void {
    if (this.#hints.length === 0) return;
    const hints = this.#hints;
    this.#hints = [];
    this.options.resume.hint(hints).catch(() => {}); // a lost hint costs a second fetch, nothing else
  }

  async #tryCheckpoint(): Promise<void> {
    try {
      await this.checkpoint();
    } catch (error) {
      if (!this.#closed) this.options.onError(error as MillraceError);
    }
  }
}
