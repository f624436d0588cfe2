import { resolve } from 'node:path';
import type { Metainfo, TorrentFile } from '../protocol/metainfo-types.js';
import { type Rename, type RenamedFiles, renameFiles } from '../protocol/rename.js';

/** Names must suit the file system that they are for. */
const RULES = { windows: process.platform === 'win32' };

/** Where a torrent's files lie, and what they are called there. */
export class Place {
  #dir: string;
  #files: readonly TorrentFile[];
  #renames: readonly Rename[] = [];

  /** @throws MillraceError as `plan` does, for renames that do not fit the torrent */
  constructor(
    readonly metainfo: Metainfo,
    dir: string,
    renames: readonly Rename[] = [],
  ) {
    this.#dir = dir;
    this.#files = metainfo.files;
    for (const rename of renames) this.take(rename, this.plan(rename));
  }

  /** Absolute. */
  get dir(): string {
    return resolve(this.#dir);
  }

  set dir(dir: string) {
    this.#dir = resolve(dir);
  }

  get files(): readonly TorrentFile[] {
    return this.#files;
  }

  /** Those that are on disk: no padding, and no links, which are never made (BEP 47). */
  get onDisk(): readonly TorrentFile[] {
    return this.#files.filter(file => !file.pad && !file.symlink);
  }

  get name(): string {
    return this.#renames.length === 0 ? this.metainfo.name : (this.#files[0]?.path[0] ?? this.metainfo.name);
  }

  get renames(): readonly Rename[] {
    return this.#renames;
  }

  /** @throws MillraceError ERR_OPTION, ERR_NOT_FOUND, ERR_STORAGE_PATH */
  plan(rename: Rename): RenamedFiles {
    return renameFiles(this.#files, rename, RULES);
  }

  /** What was planned has been done. */
  take({ path }: Rename, { files, to }: RenamedFiles): void {
    this.#files = files;
    this.#renames = [...this.#renames, { path, name: to }];
  }
}
