import { isDeepStrictEqual } from 'node:util';
import {
  type AddOptions,
  formatTorrent,
  isMillraceError,
  MillraceError,
  parseMagnet,
  type Session,
  type Torrent,
} from '../../index.js';
import type { LiveSettings } from '../config/live-settings.js';
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
  readonly settings: LiveSettings;
  /** What it is has been found out, or cannot be. */
  readonly onChange: (entry: Entry) => void;
}

interface Search {
  readonly options: AddOptions;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** Asks peers what is behind the magnet links in the list; each becomes a torrent like others then. */
export class Seeking {
  readonly #underWay = new Map<Entry, Search>();
  #closed = false;

  constructor(readonly options: SeekingOptions) {}

  /** It may run. What was said of it since it was sought first holds for the torrent too: then it is sought anew. */
  start(entry: Entry): void {
    if (this.#closed || entry.failure !== undefined) return;
    const options = { ...this.options.opening.optionsOf(entry), paused: false };
    const search = this.#underWay.get(entry);
    if (search === undefined) this.#begin(entry, options);
    else if (search.stop.signal.aborted || !isDeepStrictEqual(search.options, options))
      void this.#again(entry);
  }

  /** @returns when nothing is under way for it any more */
  async stop(entry: Entry): Promise<void> {
    const seeking = this.#underWay.get(entry);
    seeking?.stop.abort();
    await seeking?.ended;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#underWay.keys()].map(entry => this.stop(entry)));
  }

  #begin(entry: Entry, options: AddOptions): void {
    const stop = new AbortController();
    const ended = this.#seek(entry, { ...options, signal: stop.signal }).finally(() =>
      this.#underWay.delete(entry),
    );
    this.#underWay.set(entry, { options, stop, ended });
  }

  async #again(entry: Entry): Promise<void> {
    await this.stop(entry);
    const isThere = this.options.catalog.get(entry.infoHash) === entry && entry.torrent === undefined;
    if (isThere && entry.admitted) this.start(entry);
  }

  async #seek(entry: Entry, options: AddOptions): Promise<void> {
    const { session, catalog, folder, opening, onChange } = this.options;
    const magnet = entry.record.magnet!;
    try {
      const torrent = await session.add(magnet, options);
      const trackers = torrent.metainfo.private ? this.#ownTrackers(torrent, magnet) : undefined;
      if (trackers !== undefined) torrent.setTrackers(trackers); // before it has announced itself
      opening.take(entry, torrent);
      const { metainfo } = torrent;
      await folder.write(entry.infoHash, formatTorrent(metainfo));
      catalog.edit(entry, {
        magnet: undefined,
        name: torrent.stats().name,
        length: metainfo.length,
        ...(trackers !== undefined && { trackers }),
        ...unselected(magnet, metainfo.files.length),
      });
      await catalog.flush();
    } catch (error) {
      if (options.signal?.aborted) return;
      const failure = isMillraceError(error)
        ? error
        : new MillraceError('ERR_STORAGE_IO', 'what is behind the magnet link was not kept', {}, error);
      catalog.set(entry, { failure });
    }
    onChange(entry);
  }

  /** Those that the settings add to others are none of a private torrent's, which nobody could know before (BEP 27). */
  #ownTrackers({ trackers }: Torrent, magnet: string): string[][] {
    const named = new Set(parseMagnet(magnet).trackers);
    const others = new Set(this.options.settings.get('default-trackers').filter(url => !named.has(url)));
    const tiers = trackers.map(tier => tier.filter(url => !others.has(url)));
    return tiers.filter(tier => tier.length > 0);
  }
}

/** Of a link that names some of its files (BEP 53), the others. */
function unselected(magnet: string, count: number): Pick<TorrentRecord, 'skip'> | undefined {
  const { selectOnly } = parseMagnet(magnet);
  const selected = new Set(selectOnly?.filter(index => index < count));
  if (selected.size === 0) return undefined;
  return { skip: Array.from({ length: count }, (_, index) => index).filter(index => !selected.has(index)) };
}
