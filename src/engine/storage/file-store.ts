import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { MillraceError } from '../errors.js';
import type { Extent, ExtentLease, FileStamp, Storage } from '../swarm/ports.js';
import { closedError, mapStorageError, pathError } from './errors.js';
import { FileMap, type MappedFile } from './file-map.js';
import type { HandleCache, HandleLease, HandleMode, HandleSource } from './handle-cache.js';
import { openBeneath } from './open-beneath.js';
import { assertFreeSpace, fillWithZeros } from './preallocate.js';
import { fdatasyncRaw, readFully, syncFolder, writeFully } from './raw-fs.js';
import { NO_FILE, stampOf, statPlain } from './stamps.js';
import { SyncLedger } from './sync-ledger.js';
import { forEachLimited } from './turnstile.js';

/** libuv runs four file operations at once. */
const CONCURRENT_STATS = 4;

export interface FileStoreOptions {
  /** The download folder. It may be a symbolic link; nothing below it may. */
  readonly dir: string;
  /** In torrent order, with paths that the metainfo made safe. */
  readonly files: readonly MappedFile[];
  /** Bytes of all files together, padding included. */
  readonly length: number;
  /** Shared by all torrents of the session. */
  readonly handles: HandleCache;
  /**
   * `sparse`: a file is made by its first write and grows with holes. `full`: open() fills the files with zeros up to
   * their length and fails with ERR_STORAGE_FULL when they do not fit. Defaults to `sparse`.
   */
  readonly preallocate?: 'sparse' | 'full';
  /** Make and write nothing. Defaults to false. A folder without write access can be seeded either way. */
  readonly readOnly?: boolean;
}

export interface FileStore extends Storage {
  /** Files that were longer than the torrent says when the store was opened: the rest of them is left as it is. */
  readonly oversized: readonly string[];
  /**
   * @throws MillraceError ERR_STORAGE_HANDLES when the range touches more files than the cache may hold open: such a
   * range is served by `read` and `write`, which need one at a time.
   */
  lease(at: number, length: number, mode: 'read' | 'write'): Promise<ExtentLease>;
}

/**
 * A torrent in files of a folder.
 * @throws MillraceError ERR_STORAGE_PATH for a path with an unsafe component; RangeError for files that leave gaps.
 */
export function createFileStore(options: FileStoreOptions): FileStore {
  return new FolderStore(options);
}

interface StoredFile extends HandleSource {
  readonly info: MappedFile;
  /** Relative to the download folder, with '/'. */
  readonly name: string;
  readonly path: string;
}

class FolderStore implements FileStore {
  readonly length: number;
  readonly oversized: string[] = [];
  readonly #dir: string;
  readonly #map: FileMap;
  readonly #files: readonly StoredFile[];
  readonly #handles: HandleCache;
  readonly #full: boolean;
  readonly #readOnly: boolean;
  readonly #ledger = new SyncLedger<StoredFile>();
  #closed = false;

  constructor({ dir, files, length, handles, preallocate = 'sparse', readOnly = false }: FileStoreOptions) {
    this.#map = new FileMap(files);
    if (this.#map.length !== length)
      throw new RangeError(`files hold ${this.#map.length} bytes, must be ${length}`);
    this.length = length;
    this.#dir = resolve(dir);
    this.#handles = handles;
    this.#full = preallocate === 'full';
    this.#readOnly = readOnly;
    this.#files = files.map(info => this.#source(info));
  }

  async open(): Promise<void> {
    await this.#checkFolders();
    const sizes = new Map<StoredFile, number>();
    await forEachLimited(this.#onDisk(), CONCURRENT_STATS, async file => {
      const size = await this.#sizeOf(file);
      sizes.set(file, size);
      if (size > file.info.length) this.oversized.push(file.name);
      // What a killed process wrote may still be in the system's cache only; so it counts as not durable.
      if (size >= 0 && !this.#readOnly) this.#ledger.fileWritten(file);
    });
    if (this.#readOnly) return;
    const missing = [...sizes].filter(([, size]) => size < 0).map(([file]) => file);
    if (missing.length > 0) await this.#makeRoot();
    for (const file of missing) if (file.info.length === 0) (await this.#hold(file, 'write')).release();
    if (this.#full) await this.#allocate(sizes);
  }

  async read(at: number, into: Uint8Array): Promise<void> {
    let done = 0;
    for (const { file, position, length, pad } of this.#map.runs(at, into.length)) {
      const part = into.subarray(done, (done += length));
      if (pad) part.fill(0);
      else await this.#readFile(this.#files[file], part, position);
    }
  }

  async write(at: number, from: Uint8Array): Promise<void> {
    let done = 0;
    for (const { file, position, length, pad } of this.#map.runs(at, from.length)) {
      const part = from.subarray(done, (done += length));
      if (!pad) await this.#use(this.#files[file], 'write', fd => writeFully(fd, part, position));
    }
  }

  async lease(at: number, length: number, mode: 'read' | 'write'): Promise<ExtentLease> {
    const runs = this.#map.runs(at, length);
    const files = runs.filter(({ pad }) => !pad).map(({ file }) => this.#files[file]);
    const { fds, release } = await this.#take(files, mode);
    let next = 0;
    const extents = runs.map(
      ({ pad, position, length }): Extent => ({ fd: pad ? -1 : fds[next++], position, length }),
    );
    return { extents, release };
  }

  async sync(): Promise<void> {
    if (this.#closed) throw closedError();
    await this.#ledger.sync(
      file => this.#syncFile(file),
      folder => syncFolder(folder).catch(error => Promise.reject(mapStorageError(error, '.'))),
    );
  }

  async stamps(): Promise<FileStamp[]> {
    const stamps = this.#files.map(() => NO_FILE);
    await forEachLimited(this.#files.entries(), CONCURRENT_STATS, async ([index, file]) => {
      if (!file.info.pad) stamps[index] = stampOf(await this.#stat(file.path, file.name));
    });
    return stamps;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#handles.closeTorrent(this);
  }

  #source(info: MappedFile): StoredFile {
    const name = info.path.join('/');
    if (!info.pad && (info.path.length === 0 || !info.path.every(isSafe)))
      throw pathError(name, 'has an empty, "." or ".." component, or one with a separator');
    return {
      owner: this,
      info,
      name,
      path: join(this.#dir, ...info.path),
      open: mode =>
        openBeneath(this.#dir, info.path, {
          mode,
          create: mode === 'write',
          entryAdded: folder => this.#ledger.entryAdded(folder),
        }),
      closeFailed: error => this.#ledger.fail(mapStorageError(error, name)),
    };
  }

  #onDisk(): StoredFile[] {
    return this.#files.filter(({ info }) => !info.pad);
  }

  /** An early answer to a planted link; the guard that counts is {@link openBeneath}. */
  async #checkFolders(): Promise<void> {
    const folders = new Set<string>();
    for (const { info } of this.#onDisk())
      for (let depth = 1; depth < info.path.length; depth++) folders.add(info.path.slice(0, depth).join('/'));
    await forEachLimited(folders, CONCURRENT_STATS, async name => {
      const stat = await this.#stat(join(this.#dir, name), name);
      if (stat && !stat.isDirectory()) throw pathError(name, 'is not a plain folder');
    });
  }

  /** -1 when the file does not exist. */
  async #sizeOf(file: StoredFile): Promise<number> {
    const stat = await this.#stat(file.path, file.name);
    if (stat && !stat.isFile()) throw pathError(file.name, 'is not a plain file');
    return stat ? stat.size : -1;
  }

  #stat(path: string, name: string): ReturnType<typeof statPlain> {
    return statPlain(path).catch(error => Promise.reject(mapStorageError(error, name)));
  }

  /** Only here: a download folder that vanishes later, say by an unmount, must not be made anew on another disk. */
  async #makeRoot(): Promise<void> {
    try {
      const first = await mkdir(this.#dir, { recursive: true });
      if (first === undefined) return;
      // Each folder from the first new one down is a new entry of its parent.
      for (let folder = this.#dir; folder.length >= first.length; folder = dirname(folder)) {
        this.#ledger.entryAdded(dirname(folder));
        if (folder === dirname(folder)) break;
      }
    } catch (error) {
      throw mapStorageError(error, '.', 'the folder for its files');
    }
  }

  async #allocate(sizes: ReadonlyMap<StoredFile, number>): Promise<void> {
    const short = [...sizes].filter(([file, size]) => size < file.info.length);
    const bytes = short.reduce((sum, [file, size]) => sum + file.info.length - Math.max(0, size), 0);
    if (bytes === 0) return;
    await assertFreeSpace(this.#dir, bytes).catch(error =>
      Promise.reject(mapStorageError(error, '.', 'the folder for its files')),
    );
    for (const [file, size] of short) {
      await this.#use(file, 'write', fd =>
        fillWithZeros(fd, Math.max(0, size), file.info.length, () => {
          if (this.#closed) throw closedError();
        }),
      );
    }
  }

  async #readFile(file: StoredFile, into: Uint8Array, position: number): Promise<void> {
    const bytes = await this.#use(file, 'read', fd => readFully(fd, into, position));
    if (bytes === into.length) return;
    const message = `${file.name}: ends at ${position + bytes}, wanted bytes up to ${position + into.length}`;
    const facts = { path: file.name, end: position + bytes, wanted: position + into.length };
    throw new MillraceError('ERR_STORAGE_MISSING', message, facts);
  }

  async #syncFile(file: StoredFile): Promise<void> {
    const { fds, release } = await this.#handles.lease([file], 'read'); // a writer serves it as well
    try {
      await fdatasyncRaw(fds[0]);
    } catch (error) {
      const failure = mapStorageError(error, file.name);
      this.#ledger.fail(failure);
      throw failure;
    } finally {
      release();
    }
  }

  async #use<T>(file: StoredFile, mode: HandleMode, task: (fd: number) => Promise<T>): Promise<T> {
    const { fds, release } = await this.#hold(file, mode);
    try {
      return await task(fds[0]);
    } catch (error) {
      throw mapStorageError(error, file.name);
    } finally {
      release();
    }
  }

  #hold(file: StoredFile, mode: HandleMode): Promise<HandleLease> {
    return this.#take([file], mode);
  }

  /** Written files are noted twice: a sync during the lease must not forget what is written after it. */
  async #take(files: readonly StoredFile[], mode: HandleMode): Promise<HandleLease> {
    if (this.#closed) throw closedError();
    if (mode === 'read') return this.#handles.lease(files, mode);
    if (this.#readOnly) throw readOnlyError(files);
    const { fds, release } = await this.#handles.lease(files, mode);
    const note = () => {
      for (const file of files) this.#ledger.fileWritten(file);
    };
    note();
    return {
      fds,
      release: () => {
        note();
        release();
      },
    };
  }
}

function isSafe(component: string): boolean {
  if (component === '' || component === '.' || component === '..') return false;
  if (component.includes('/') || component.includes('\0')) return false;
  return process.platform !== 'win32' || !component.includes('\\');
}

function readOnlyError(files: readonly StoredFile[]): MillraceError {
  const path = files[0]?.name ?? '';
  return new MillraceError('ERR_STORAGE_ACCESS', `${path}: the storage was opened read-only`, { path });
}
