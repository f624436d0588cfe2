import { formatTorrent, isMillraceError, MillraceError, parseMagnet, type Session } from '../../index.js';
import type { Catalog } from './catalog.js';
import type { Entry } from './entry.js';
import type { Opening } from './opening.js';
import type { TorrentRecord } from './record.js';
import type { TorrentFolder } from './torrent-folder.js';

export interface SeekingOptions {
  readonly session: Session;
  readonly catalog: Catalog;
  readonly folder: TorrentFolder;
  readonly opening: Opening;
  /** What it is has been found out, or cannot be. */
  readonly onChange: (entry: Entry) => void;
}

/** Asks peers what is behind the magnet links in the list; each becomes a torrent like others then. */
export class Seeking {
  readonly #underWay = new Map<Entry, { readonly stop: AbortController; readonly ended: Promise<void> }>();

  constructor(readonly options: SeekingOptions) {}

  start(entry: Entry): void {
    if (this.#underWay.has(entry) || entry.failure !== undefined) return;
    const stop = new AbortController();
    const ended = this.#seek(entry, stop.signal).finally(() => this.#underWay.delete(entry));
    this.#underWay.set(entry, { stop, ended });
  }

  /** @returns when nothing is under way for it any more */
  async stop(entry: Entry): Promise<void> {
    const seeking = this.#underWay.get(entry);
    seeking?.stop.abort();
    await seeking?.ended;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#underWay.keys()].map(entry => this.stop(entry)));
  }

  async #seek(entry: Entry, signal: AbortSignal): Promise<void> {
    const { session, catalog, folder, opening, onChange } = this.options;
    const magnet = entry.record.magnet!;
    try {
      const torrent = await session.add(magnet, { ...opening.optionsOf(entry), paused: false, signal });
      opening.take(entry, torrent);
      const { metainfo } = torrent;
      await folder.write(entry.infoHash, formatTorrent(metainfo));
      catalog.edit(entry, {
        magnet: undefined,
        name: torrent.stats().name,
        length: metainfo.length,
        ...unselected(magnet, metainfo.files.length),
      });
      await catalog.flush();
    } catch (error) {
      if (signal.aborted) return;
      const failure = isMillraceError(error)
        ? error
        : new MillraceError('ERR_STORAGE_IO', 'what is behind the magnet link was not kept', {}, error);
      catalog.set(entry, { failure });
    }
    onChange(entry);
  }
}

/** Of a link that names some of its files (BEP 53), the others. */
function unselected(magnet: string, count: number): Pick<TorrentRecord, 'skip'> | undefined {
  const { selectOnly } = parseMagnet(magnet);
  const selected = new Set(selectOnly?.filter(index => index < count));
  if (selected.size === 0) return undefined;
  return { skip: Array.from({ length: count }, (_, index) => index).filter(index => !selected.has(index)) };
}
