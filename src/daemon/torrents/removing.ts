import type { InfoHash, Session } from '../../index.js';
import type { Catalog } from './catalog.js';
import type { Entry } from './entry.js';
import type { TorrentFolder } from './torrent-folder.js';

export interface RemovingOptions {
  readonly session: Session;
  readonly catalog: Catalog;
  readonly folder: TorrentFolder;
  readonly onRemoved: (entry: Entry) => void;
  readonly report: (error: unknown, entry: Entry) => void;
}

/** Lets go of torrents, with their data if that is wanted. */
export class Removing {
  readonly #underWay = new Map<InfoHash, Promise<void>>();

  constructor(readonly options: RemovingOptions) {}

  /** Gone from the list at once, from the state on disk when it resolves; what cannot be deleted is reported. */
  async remove(entries: readonly Entry[], deleteData: boolean): Promise<void> {
    const { catalog, onRemoved } = this.options;
    for (const entry of entries) {
      catalog.remove(entry);
      onRemoved(entry);
    }
    await catalog.flush();
    await Promise.all(
      entries.map(entry => {
        const going = this.#let(entry, deleteData).finally(() => this.#underWay.delete(entry.infoHash));
        this.#underWay.set(entry.infoHash, going);
        return going;
      }),
    );
  }

  /** Resolves when nothing is left of a torrent that is being removed: its files may be another's then. */
  async gone(infoHash: InfoHash): Promise<void> {
    await this.#underWay.get(infoHash);
  }

  async #let(entry: Entry, deleteData: boolean): Promise<void> {
    const { session, folder, report } = this.options;
    const { torrent, infoHash } = entry;
    try {
      await torrent?.close();
      if (deleteData) await torrent?.removeData();
      await session.forget(infoHash);
      await folder.remove(infoHash);
    } catch (error) {
      report(error, entry);
    }
  }
}
