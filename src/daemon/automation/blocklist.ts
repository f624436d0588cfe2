import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { IpRanges } from '../../engine/policy/ip-ranges.js';
import { syncFolder } from '../../engine/storage/raw-fs.js';
import { type BlocklistContents, MAX_FILE_BYTES, readBlocklist } from './blocklist-file.js';
import { type DownloadOptions, download } from './download.js';

/** The addresses to have nothing to do with. A new list that is broken leaves the old one as it is. */
export class Blocklist {
  #ranges = new IpRanges([]);
  /** One change at a time, in the order they were asked for. */
  #last: Promise<unknown> = Promise.resolve();

  get ranges(): IpRanges {
    return this.#ranges;
  }

  /** Takes those of a file. @throws BlocklistError, MillraceError ERR_STORAGE_* */
  load(path: string): Promise<BlocklistContents> {
    return this.#inTurn(async () => this.#take(await readBlocklist(path)));
  }

  /**
   * Takes those of a URL, which are kept in a file for the next start. The file too is replaced in one step, and only by
   * a list that is whole. @throws DownloadError, BlocklistError, MillraceError ERR_STORAGE_*, or what the network says
   */
  update(url: string, path: string, options: Omit<DownloadOptions, 'maxBytes'>): Promise<BlocklistContents> {
    return this.#inTurn(async () => {
      const temporary = `${path}.new`;
      try {
        await download(url, temporary, { ...options, maxBytes: MAX_FILE_BYTES });
        const contents = await readBlocklist(temporary);
        await rename(temporary, path);
        await syncFolder(dirname(path));
        return this.#take(contents);
      } finally {
        await rm(temporary, { force: true });
      }
    });
  }

  clear(): Promise<void> {
    return this.#inTurn(async () => {
      this.#ranges = new IpRanges([]);
    });
  }

  #take(contents: BlocklistContents): BlocklistContents {
    this.#ranges = contents.ranges;
    return contents;
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#last.then(change);
    this.#last = done.catch(() => {});
    return done;
  }
}
