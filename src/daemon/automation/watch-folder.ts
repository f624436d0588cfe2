import { type FSWatcher, watch } from 'node:fs';
import { lstat, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

/** A file whose size and time have not changed for so long is complete: rsync and scp write in place. */
const SETTLE_MS = 1000;
/** Larger files are no torrents (libtorrent reads 10 MB), and no magnet links. */
const MAX_BYTES = 16 * 1024 * 1024;
const KINDS = /\.(torrent|magnet)$/i;

export interface WatchOptions {
  readonly dir: string;
  /** Network file systems tell of no changes: looked into so often too. */
  readonly pollMs: number;
  readonly settleMs?: number;
  /** Clock of `settleMs`, for tests. */
  readonly nowMs?: () => number;
  /** Adds what the file has. What is wrong with it is thrown, and the file is put aside. */
  readonly add: (name: string, bytes: Uint8Array) => Promise<void>;
  /** Tells of each file that was taken or put aside, and of a folder that cannot be read. */
  readonly tell: (event: WatchEvent) => void;
}

export type WatchEvent =
  | { readonly kind: 'added'; readonly name: string }
  | { readonly kind: 'failed'; readonly name: string; readonly error: unknown }
  | { readonly kind: 'unreadable'; readonly error: unknown };

const defaultNow = () => performance.now();

interface Seen {
  readonly size: number;
  readonly mtimeMs: number;
  readonly sinceMs: number;
}

/** Adds the torrents and magnet links that appear in a folder, and renames them to `.added` or `.failed`. */
export class WatchFolder {
  readonly #options: WatchOptions;
  readonly #settleMs: number;
  readonly #seen = new Map<string, Seen>();
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #scanning: Promise<void> | undefined;
  /** Something changed while it was looked at. */
  #again = false;
  #unreadable = false;
  #closed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#settleMs = options.settleMs ?? SETTLE_MS;
    this.#scan();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watcher?.close();
    clearTimeout(this.#timer);
    await this.#scanning;
  }

  /** One look at a time; whoever asks meanwhile gets one more. */
  #scan(): void {
    if (this.#closed) return;
    if (this.#scanning !== undefined) {
      this.#again = true;
      return;
    }
    this.#again = false;
    clearTimeout(this.#timer);
    this.#scanning = this.#look().then(settling => {
      this.#scanning = undefined;
      if (this.#closed) return;
      const { pollMs } = this.#options;
      this.#timer = setTimeout(
        () => this.#scan(),
        this.#again || settling ? Math.min(this.#settleMs, pollMs) : pollMs,
      );
    });
  }

  /** @returns whether a file is waiting to be complete */
  async #look(): Promise<boolean> {
    const { dir, tell } = this.#options;
    let names: string[];
    try {
      this.#watch();
      names = (await readdir(dir)).filter(name => KINDS.test(name)).sort();
      this.#unreadable = false;
    } catch (error) {
      // a folder that comes back with its disk is watched anew; one line is enough
      this.#unwatch();
      if (!this.#unreadable) tell({ kind: 'unreadable', error });
      this.#unreadable = true;
      return false;
    }
    for (const name of this.#seen.keys()) if (!names.includes(name)) this.#seen.delete(name);
    let settling = false;
    for (const name of names) if (!this.#closed && !(await this.#consider(name))) settling = true;
    return settling;
  }

  /** @returns false while the file is still being written, for all that is known */
  async #consider(name: string): Promise<boolean> {
    const path = join(this.#options.dir, name);
    const stat = await lstat(path).catch(() => undefined);
    if (stat === undefined || !stat.isFile()) return true;
    const before = this.#seen.get(name);
    const nowMs = (this.#options.nowMs ?? defaultNow)();
    if (before === undefined || before.size !== stat.size || before.mtimeMs !== stat.mtimeMs) {
      this.#seen.set(name, { size: stat.size, mtimeMs: stat.mtimeMs, sinceMs: nowMs });
      return false;
    }
    if (nowMs - before.sinceMs < this.#settleMs) return false;
    this.#seen.delete(name);
    await this.#take(name, path, stat.size);
    return true;
  }

  async #take(name: string, path: string, size: number): Promise<void> {
    const { add, tell } = this.#options;
    try {
      if (size > MAX_BYTES) throw new RangeError(`${name} has ${size} bytes, at most ${MAX_BYTES} are read`);
      await add(name, await readFile(path));
      await rename(path, `${path}.added`);
      tell({ kind: 'added', name });
    } catch (error) {
      if (this.#closed) return; // the end has kept it from being added: it is tried again with the next start
      await rename(path, `${path}.failed`).catch(() => {});
      tell({ kind: 'failed', name, error });
    }
  }

  #watch(): void {
    if (this.#watcher !== undefined) return;
    this.#watcher = watch(this.#options.dir, () => this.#scan());
    // what it no longer tells of, polling finds
    this.#watcher.on('error', () => this.#unwatch());
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
