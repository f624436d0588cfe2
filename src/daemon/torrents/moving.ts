import { MillraceError } from '../../index.js';
import type { Catalog } from './catalog.js';
import type { Entry } from './entry.js';

export interface MovingOptions {
  readonly catalog: Catalog;
  /** It will be elsewhere when there is something of it. */
  readonly onChange: (entry: Entry) => void;
  readonly report: (error: unknown, entry: Entry) => void;
}

/** Puts the data of torrents into other folders, one torrent after the other: disks are not faster at two. */
export class Moving {
  #last: Promise<void> = Promise.resolve();
  readonly #ending = new AbortController();

  constructor(readonly options: MovingOptions) {}

  /**
   * The folder is the torrent's from now on; where its data are when that fails.
   *
   * @throws MillraceError ERR_STORAGE_*, ERR_ABORTED
   */
  move(entry: Entry, dir: string, data: 'move' | 'is-there'): Promise<void> {
    return this.#inTurn(() => this.#move(entry, dir, data));
  }

  /** Out of the folder for incomplete torrents, unless somebody has asked for another one before. @throws as `move` */
  moveHome(entry: Entry): Promise<void> {
    return this.#inTurn(async () => {
      const { dir, incompleteDir } = entry.record;
      if (incompleteDir !== undefined) await this.#move(entry, dir, 'move');
    });
  }

  /** Moves that go on stop, and go on when they are asked for again. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#last;
  }

  #inTurn(move: () => Promise<void>): Promise<void> {
    const moving = this.#last.then(move);
    this.#last = moving.catch(() => {});
    return moving;
  }

  async #move(entry: Entry, dir: string, data: 'move' | 'is-there'): Promise<void> {
    const { catalog, report, onChange } = this.options;
    if (this.#ending.signal.aborted || catalog.get(entry.infoHash) !== entry)
      throw new MillraceError(
        'ERR_ABORTED',
        'the torrent was removed, or the daemon ends: nothing was moved',
      );
    try {
      if (entry.torrent === undefined && entry.record.magnet !== undefined) {
        catalog.edit(entry, { dir }); // there are no files yet
        onChange(entry);
        return await catalog.flush();
      }
      if (entry.torrent === undefined)
        throw new MillraceError('ERR_NOT_FOUND', 'a torrent that could not be opened has no data to move');
      if (data === 'move') {
        catalog.edit(entry, { movingTo: dir });
        await catalog.flush();
      }
      await entry.torrent.setDir(dir, {
        move: data === 'move',
        onProgress: (done, total) => catalog.set(entry, { moving: { done, total } }),
        signal: this.#ending.signal,
      });
      catalog.edit(entry, { dir, incompleteDir: undefined, movingTo: undefined });
      await catalog.flush();
    } catch (error) {
      if (!this.#ending.signal.aborted) {
        catalog.edit(entry, { movingTo: undefined });
        report(error, entry);
      }
      throw error;
    } finally {
      catalog.set(entry, { moving: undefined });
    }
  }
}
