import { type InfoHash, MillraceError, type Session } from '../../index.js';
import type { Catalog } from './catalog.js';
import type { Entry } from './entry.js';
import type { Opening } from './opening.js';
import type { Seeking } from './seeking.js';
import type { TorrentFolder } from './torrent-folder.js';

export interface RemovingOptions {
  readonly session: Session;
  readonly catalog: Catalog;
  readonly folder: TorrentFolder;
  readonly opening: Opening;
  readonly seeking: Seeking;
  readonly onRemoved: (entry: Entry) => void;
  readonly report: (error: unknown, entry: Entry) => void;
}

/** Lets go of torrents, with their data if that is wanted. */
export class Removing {
  readonly #underWay = new Map<InfoHash, Promise<void>>();

  constructor(readonly options: RemovingOptions) {}

  /**
   * Gone from the list at once, from the state on disk when it resolves; what cannot be deleted is reported.
   *
   * @throws MillraceError ERR_STORAGE_* when that cannot be made durable: then they stay as they were
   */
  async remove(entries: readonly Entry[], deleteData: boolean): Promise<void> {
    const leaving = entries.filter(entry => this.options.catalog.remove(entry));
    const forgotten = this.#forget(leaving);
    // from now on, so that whoever adds one of them again waits
    const going = leaving.map(entry => {
      const gone = forgotten
        .then(() => this.#let(entry, deleteData))
        .finally(() => this.#underWay.delete(entry.infoHash));
      this.#underWay.set(entry.infoHash, gone);
      return gone;
    });
    await Promise.all([forgotten, ...going]);
  }

  /** Resolves when nothing is left of a torrent that is being removed: its files may be another's then. */
  async gone(infoHash: InfoHash): Promise<void> {
    await this.#underWay.get(infoHash)?.catch(() => {});
  }

  async #forget(entries: readonly Entry[]): Promise<void> {
    const { catalog, onRemoved } = this.options;
    try {
      await catalog.flush();
    } catch (error) {
      for (const entry of entries) catalog.restore(entry);
      throw error;
    }
    for (const entry of entries) onRemoved(entry);
  }

  async #let(entry: Entry, deleteData: boolean): Promise<void> {
    const { session, folder, opening, seeking, report } = this.options;
    const { infoHash } = entry;
    try {
      await opening.opened(entry);
      await seeking.stop(entry);
      const { torrent } = entry;
      await torrent?.close();
      if (deleteData && torrent === undefined && entry.record.magnet === undefined)
        report(
          new MillraceError('ERR_NOT_FOUND', 'a torrent that could not be opened leaves its data'),
          entry,
        );
      else if (deleteData) await torrent?.removeData();
      await session.forget(infoHash);
      await folder.remove(infoHash);
    } catch (error) {
      report(error, entry);
    }
  }
}
