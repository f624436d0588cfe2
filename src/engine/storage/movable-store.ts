import type { ExtentLease, FileStamp, Storage } from '../swarm/ports.js';
import { closedError } from './errors.js';
import type { FileStore } from './file-store.js';

/**
 * A torrent's files, which may be moved and renamed while it is at work: whoever reads or writes meanwhile waits, and
 * finds them where they are then.
 */
export class MovableStore implements Storage {
  #inner: FileStore;
  #opened = false;
  #closed = false;
  /** Calls and leases under way. */
  #busy = 0;
  #onIdle: (() => void) | undefined;
  /** Settles, and never rejects, when the files have moved. */
  #moving: Promise<void> | undefined;

  /** `make`: a store of the files where they are now. */
  constructor(readonly make: () => FileStore) {
    this.#inner = make();
  }

  get length(): number {
    return this.#inner.length;
  }

  /** Does `work` while no file is open. The files are looked for anew after it, also when it failed. */
  async relocate<T>(work: () => Promise<T>): Promise<T> {
    while (this.#moving) await this.#moving;
    if (this.#closed) throw closedError();
    let moved = () => {};
    this.#moving = new Promise(resolve => (moved = resolve));
    try {
      if (this.#busy > 0) await new Promise<void>(resolve => (this.#onIdle = resolve));
      await this.#inner.close();
      try {
        if (this.#closed) throw closedError();
        return await work();
      } finally {
        await this.#reopen();
      }
    } finally {
      this.#moving = undefined;
      moved();
    }
  }

  open(): Promise<void> {
    return this.#use(async inner => {
      await inner.open();
      this.#opened = true;
    });
  }

  read(at: number, into: Uint8Array): Promise<void> {
    return this.#use(inner => inner.read(at, into));
  }

  write(at: number, from: Uint8Array): Promise<void> {
    return this.#use(inner => inner.write(at, from));
  }

  sync(): Promise<void> {
    return this.#use(inner => inner.sync());
  }

  stamps(): Promise<FileStamp[]> {
    return this.#use(inner => inner.stamps());
  }

  async lease(at: number, length: number, mode: 'read' | 'write'): Promise<ExtentLease> {
    while (this.#moving) await this.#moving;
    this.#busy++;
    try {
      const { extents, release } = await this.#inner.lease(at, length, mode);
      return {
        extents,
        release: () => {
          release();
          this.#leave();
        },
      };
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  /** Ends what takes long, too, such as an allocation; a move is waited for. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#inner.close();
    while (this.#moving) await this.#moving;
    await this.#inner.close();
  }

  async #use<T>(call: (inner: FileStore) => Promise<T>): Promise<T> {
    while (this.#moving) await this.#moving;
    this.#busy++;
    try {
      return await call(this.#inner);
    } finally {
      this.#leave();
    }
  }

  #leave(): void {
    this.#busy--;
    if (this.#busy === 0) this.#onIdle?.();
  }

  async #reopen(): Promise<void> {
    this.#inner = this.make();
    if (this.#opened && !this.#closed) await this.#inner.open();
  }
}
