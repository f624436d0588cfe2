import { isMillraceError, MillraceError } from '../errors.js';
import { closedError } from './errors.js';
import { closeRaw } from './raw-fs.js';
import { Turnstile } from './turnstile.js';

/**
 * Open files of a session. Others: Transmission 32, libtorrent 40, and 500 for its high-performance seed
 * (file_pool_size). 128 leaves most of a common limit of 1024 descriptors to sockets.
 */
export const DEFAULT_MAX_HANDLES = 128;

/** Requests that may wait for a handle; more is a leak of leases, not load. */
export const DEFAULT_MAX_WAITING = 1024;

/** libuv runs four file operations at once, so more opens at a time are not faster but need more descriptors. */
const CONCURRENT_OPENS = 4;

export type HandleMode = 'read' | 'write';

/** A file that can be opened. Identity of the object is identity of the file. */
export interface HandleSource {
  /** The torrent it belongs to; see {@link HandleCache.closeTorrent}. */
  readonly owner: object;
  open(mode: HandleMode): Promise<number>;
  /** A handle could not be closed: on network file systems the last writes may be lost. */
  closeFailed(error: unknown): void;
}

/** Descriptors that stay open until `release`; in the order of the sources that were asked for. */
export interface HandleLease {
  readonly fds: readonly number[];
  release(): void;
}

interface Entry {
  readonly source: HandleSource;
  readonly mode: HandleMode;
  fd: Promise<number>;
  leases: number;
  gone: boolean;
}

interface Waiter {
  readonly sources: readonly HandleSource[];
  readonly mode: HandleMode;
  resolve(entries: Entry[]): void;
  reject(error: unknown): void;
}

/**
 * Bounded set of open files, one for the session. Leased handles stay open; the others are closed when room is
 * needed, least recently used first. A lease takes all of its handles or waits holding none, in order of arrival,
 * so leases cannot block each other; whoever holds one must not wait for another.
 */
export class HandleCache {
  readonly maxHandles: number;
  readonly #maxWaiting: number;
  /** A reader and a writer of one file are two entries: a running program can be read but not opened to write. */
  readonly #entries = new Map<HandleSource, Entry[]>();
  /** In order of last use. */
  readonly #idle = new Set<Entry>();
  readonly #waiting: Waiter[] = [];
  readonly #opens = new Turnstile(CONCURRENT_OPENS);
  readonly #closedOwners = new WeakSet<object>();
  /** Handles of each torrent, closing ones included. */
  readonly #perOwner = new Map<object, number>();
  readonly #onVacated: (() => void)[] = [];
  /** Handles open, being opened, or being closed. */
  #count = 0;
  #closed = false;

  constructor(options: { maxHandles?: number; maxWaiting?: number } = {}) {
    this.maxHandles = options.maxHandles ?? DEFAULT_MAX_HANDLES;
    this.#maxWaiting = options.maxWaiting ?? DEFAULT_MAX_WAITING;
    if (!Number.isSafeInteger(this.maxHandles) || this.maxHandles < 1)
      throw new RangeError(`maxHandles is ${this.maxHandles}, must be at least 1`);
  }

  /** Handles that are open, being opened or being closed now. Never more than `maxHandles`. */
  get openHandles(): number {
    return this.#count;
  }

  /**
   * Handles of the given files (each once). `read` is served by a handle for writing as well.
   * @throws MillraceError ERR_STORAGE_HANDLES when the files are more than `maxHandles` or too many requests wait,
   * ERR_CLOSED, and whatever a source throws.
   */
  async lease(sources: readonly HandleSource[], mode: HandleMode): Promise<HandleLease> {
    this.#admit(sources);
    const entries =
      (this.#waiting.length === 0 && this.#pin(sources, mode)) || (await this.#wait(sources, mode));
    const opened = await Promise.allSettled(entries.map(entry => entry.fd));
    const fds: number[] = [];
    for (const result of opened) {
      if (result.status === 'fulfilled') fds.push(result.value);
      else {
        this.#unpin(entries);
        throw result.reason;
      }
    }
    let held = true;
    const release = () => {
      if (held) this.#unpin(entries);
      held = false;
    };
    return { fds, release };
  }

  /** Closes the handles of a torrent and refuses new ones; resolves when its last lease is released and all are closed. */
  async closeTorrent(owner: object): Promise<void> {
    this.#closedOwners.add(owner);
    for (const waiter of this.#waiting.splice(0)) {
      if (waiter.sources.some(source => source.owner === owner)) waiter.reject(closedError());
      else this.#waiting.push(waiter);
    }
    for (const entry of [...this.#idle]) if (entry.source.owner === owner) void this.#close(entry);
    this.#grant();
    await this.#until(() => !this.#perOwner.has(owner));
  }

  /** Closes everything; resolves when the last lease is released and the last handle is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#waiting.splice(0)) waiter.reject(closedError());
    for (const entry of [...this.#idle]) void this.#close(entry);
    await this.#until(() => this.#count === 0);
  }

  #admit(sources: readonly HandleSource[]): void {
    if (this.#closed || sources.some(({ owner }) => this.#closedOwners.has(owner))) throw closedError();
    const limit = this.maxHandles;
    if (sources.length > limit)
      throw new MillraceError(
        'ERR_STORAGE_HANDLES',
        `range needs ${sources.length} files, must be at most ${limit}`,
        {
          files: sources.length,
          limit,
        },
      );
  }

  #wait(sources: readonly HandleSource[], mode: HandleMode): Promise<Entry[]> {
    const limit = this.#maxWaiting;
    if (this.#waiting.length >= limit) {
      const message = `${limit} requests wait for file handles, must be at most ${limit}`;
      throw new MillraceError('ERR_STORAGE_HANDLES', message, { waiting: limit, limit });
    }
    return new Promise((resolve, reject) => this.#waiting.push({ sources, mode, resolve, reject }));
  }

  /** All entries of a request, or undefined when there is no room for them now. */
  #pin(sources: readonly HandleSource[], mode: HandleMode): Entry[] | undefined {
    const found = sources.map(source => this.#find(source, mode));
    const missing = found.filter(entry => entry === undefined).length;
    const idleOfOurs = found.filter(entry => entry !== undefined && this.#idle.has(entry)).length;
    const room = this.maxHandles - this.#count + this.#idle.size - idleOfOurs;
    if (missing > room) return undefined;
    for (const entry of found) {
      if (entry === undefined) continue;
      entry.leases++;
      this.#idle.delete(entry);
    }
    return found.map((entry, index) => entry ?? this.#add(sources[index], mode));
  }

  #find(source: HandleSource, mode: HandleMode): Entry | undefined {
    const entries = this.#entries.get(source);
    return entries?.find(entry => entry.mode === 'write') ?? entries?.find(entry => entry.mode === mode);
  }

  #add(source: HandleSource, mode: HandleMode): Entry {
    const entry: Entry = { source, mode, fd: Promise.resolve(-1), leases: 1, gone: false };
    this.#entries.set(source, [...(this.#entries.get(source) ?? []), entry]);
    this.#addTo(source.owner, 1);
    const victim = this.#count >= this.maxHandles ? this.#oldest() : undefined;
    if (victim === undefined) this.#count++;
    entry.fd = this.#open(entry, victim && this.#close(victim, 'pass place on'));
    return entry;
  }

  /** `room` resolves when the handle whose place this one takes is closed. */
  async #open(entry: Entry, room: Promise<void> | undefined): Promise<number> {
    try {
      await room;
      return await this.#opens.run(() => this.#openOrMakeRoom(entry));
    } catch (error) {
      this.#forget(entry);
      this.#vacate(entry);
      throw error;
    }
  }

  /** The system may have fewer descriptors than `maxHandles`: then idle ones are given up before we are. */
  async #openOrMakeRoom({ source, mode }: Entry): Promise<number> {
    for (;;) {
      try {
        return await source.open(mode);
      } catch (error) {
        const victim = isMillraceError(error, 'ERR_STORAGE_HANDLES') ? this.#oldest() : undefined;
        if (!victim) throw error;
        await this.#close(victim);
      }
    }
  }

  #oldest(): Entry | undefined {
    for (const entry of this.#idle) return entry;
    return undefined;
  }

  #unpin(entries: readonly Entry[]): void {
    for (const entry of entries) {
      entry.leases--;
      if (entry.leases > 0 || entry.gone) continue;
      this.#idle.add(entry);
      if (this.#closed || this.#closedOwners.has(entry.source.owner)) void this.#close(entry);
    }
    this.#grant();
  }

  #grant(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const entries = this.#pin(next.sources, next.mode);
      if (!entries) return;
      this.#waiting.shift();
      next.resolve(entries);
    }
  }

  /** Closes an idle entry. Never rejects. */
  async #close(entry: Entry, place?: 'pass place on'): Promise<void> {
    this.#idle.delete(entry);
    this.#forget(entry);
    try {
      await closeRaw(await entry.fd);
    } catch (error) {
      entry.source.closeFailed(error);
    }
    this.#vacate(entry, place);
  }

  #vacate({ source }: Entry, place?: 'pass place on'): void {
    this.#addTo(source.owner, -1);
    if (!place) this.#count--;
    this.#grant();
    for (const notify of this.#onVacated.splice(0)) notify();
  }

  #addTo(owner: object, handles: 1 | -1): void {
    const total = (this.#perOwner.get(owner) ?? 0) + handles;
    if (total > 0) this.#perOwner.set(owner, total);
    else this.#perOwner.delete(owner);
  }

  async #until(reached: () => boolean): Promise<void> {
    while (!reached()) await new Promise<void>(resolve => this.#onVacated.push(resolve));
  }

  #forget(entry: Entry): void {
    entry.gone = true;
    const left = (this.#entries.get(entry.source) ?? []).filter(other => other !== entry);
    if (left.length > 0) this.#entries.set(entry.source, left);
    else this.#entries.delete(entry.source);
  }
}
