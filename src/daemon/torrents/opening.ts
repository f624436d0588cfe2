import { type AddOptions, isMillraceError, MillraceError, type Session, type Torrent } from '../../index.js';
import type { LiveSettings } from '../config/live-settings.js';
import type { Catalog } from './catalog.js';
import type { Entry } from './entry.js';
import type { TorrentRecord } from './record.js';
import { isComplete } from './status.js';
import type { TorrentFolder } from './torrent-folder.js';
import { afterUnfinishedMove } from './unfinished-move.js';

export interface OpeningOptions {
  readonly session: Session;
  readonly settings: LiveSettings;
  readonly catalog: Catalog;
  readonly folder: TorrentFolder;
  /** Its first check is over, all that is wanted has arrived, or it failed: who runs may change. */
  readonly onChange: (entry: Entry) => void;
  /** A move was cut off by the end of the last run. */
  readonly onUnfinishedMove: (entry: Entry, dir: string) => void;
  /** All that is wanted has arrived, some of it since it was added. */
  readonly onDone: (entry: Entry) => void;
}

/** Gives what is remembered of a torrent to the engine. */
export class Opening {
  readonly #underWay = new Map<Entry, Promise<void>>();

  constructor(readonly options: OpeningOptions) {
    const { settings, catalog } = options;
    settings.watch(['max-peers-per-torrent'], () => {
      for (const { torrent, record } of catalog.all()) torrent?.setMaxPeers(this.#maxPeers(record));
    });
  }

  /**
   * It never rejects: what is wrong is the torrent's `failure`, and it stays in the list. Whoever asks while it is opened
   * waits for that.
   */
  open(entry: Entry): Promise<void> {
    const before = this.#underWay.get(entry);
    if (before !== undefined) return before;
    const opening = this.#open(entry).finally(() => this.#underWay.delete(entry));
    this.#underWay.set(entry, opening);
    return opening;
  }

  /** Resolves when it is not being opened any more: then the engine has it, or never will. */
  async opened(entry: Entry): Promise<void> {
    await this.#underWay.get(entry);
  }

  async #open(entry: Entry): Promise<void> {
    const { session, catalog, folder } = this.options;
    const moved = await afterUnfinishedMove(entry.record);
    if (catalog.get(entry.infoHash) !== entry) return; // it was removed meanwhile
    if (moved !== undefined) catalog.edit(entry, moved);
    const { record } = entry;
    if (record.magnet !== undefined) {
      catalog.set(entry, { failure: undefined });
      return; // it is sought when it may run
    }
    try {
      const torrent = await session.add(folder.pathOf(entry.infoHash), this.optionsOf(entry));
      this.take(entry, torrent);
      if (record.movingTo !== undefined) this.options.onUnfinishedMove(entry, record.movingTo);
    } catch (error) {
      const failure = isMillraceError(error)
        ? error
        : new MillraceError('ERR_STORAGE_IO', 'the torrent cannot be opened', {}, error);
      catalog.set(entry, { torrent: undefined, failure });
      this.options.onChange(entry);
    }
  }

  /** The engine has it: what happens to it from now on is told. */
  take(entry: Entry, torrent: Torrent): void {
    this.options.catalog.set(entry, { torrent, failure: undefined });
    this.#watch(entry);
  }

  /** What the engine is to know of it. */
  optionsOf({ record, admitted }: Entry): AddOptions {
    const { skip, low, high, group } = record;
    return {
      dir: record.incompleteDir ?? record.dir,
      paused: !admitted,
      trackers: record.trackers,
      limits: { down: limit(record.down), up: limit(record.up) },
      ownLimitsOnly: !record.honorsSessionLimits,
      sequential: record.sequential,
      maxPeers: this.#maxPeers(record),
      preallocate: this.options.settings.get('preallocate'),
      renames: record.renames,
      ...(group !== '' && { group }),
      ...(skip.length + low.length + high.length > 0 && { priorities: { skip, low, high } }),
    };
  }

  #maxPeers({ maxPeers }: TorrentRecord): number {
    return maxPeers ?? this.options.settings.get('max-peers-per-torrent');
  }

  #watch(entry: Entry): void {
    const { onChange, onDone } = this.options;
    const torrent = entry.torrent!;
    // or it was complete, and the daemon ended before it was where it is to be
    let lacked = entry.record.phase?.kind === 'downloading' || entry.record.incompleteDir !== undefined;
    let before = 0;
    const changed = () => onChange(entry);
    torrent.on('checked', () => {
      lacked ||= !isComplete(torrent);
      setImmediate(changed); // what follows is not decided yet
    });
    torrent.on('complete', () => {
      changed();
      const { downloaded } = torrent.light();
      if (lacked || downloaded > before) onDone(entry);
      lacked = false;
      before = downloaded;
    });
    torrent.on('error', changed);
  }
}

function limit({ on, value }: { on: boolean; value: number }): number {
  return on ? value : 0;
}
