import type { Catalog } from '../torrents/catalog.js';
import type { Entry } from '../torrents/entry.js';
import type { Journal } from './journal.js';

/** Of all runs that are over. */
export interface EarlierTotals {
  readonly uploaded: number;
  readonly downloaded: number;
  readonly filesAdded: number;
  readonly sessions: number;
  readonly seconds: number;
}

export const NO_TOTALS: EarlierTotals = {
  uploaded: 0,
  downloaded: 0,
  filesAdded: 0,
  sessions: 0,
  seconds: 0,
};

const KEY = 'totals';

/** What the daemon has moved, in this run and over all of them. */
export class Totals {
  readonly earlier: EarlierTotals;
  readonly #journal: Journal;
  readonly #catalog: Catalog;
  /** Of torrents that were removed in this run. */
  #removedUp = 0;
  #removedDown = 0;

  constructor(journal: Journal, catalog: Catalog) {
    this.#journal = journal;
    this.#catalog = catalog;
    this.earlier = readTotals(journal.get(KEY));
  }

  removed({ torrent }: Entry): void {
    const stats = torrent?.stats();
    this.#removedUp += stats?.uploaded ?? 0;
    this.#removedDown += stats?.downloaded ?? 0;
  }

  get thisRun(): { uploaded: number; downloaded: number; filesAdded: number } {
    let uploaded = this.#removedUp;
    let downloaded = this.#removedDown;
    for (const { torrent } of this.#catalog.all()) {
      if (torrent === undefined) continue;
      const light = torrent.light();
      uploaded += light.uploaded;
      downloaded += light.downloaded;
    }
    return { uploaded, downloaded, filesAdded: this.#catalog.added };
  }

  /** @param seconds that the daemon has run, over all runs */
  save(seconds: number): void {
    const { uploaded, downloaded, filesAdded } = this.thisRun;
    const { earlier } = this;
    this.#journal.set(KEY, {
      uploaded: earlier.uploaded + uploaded,
      downloaded: earlier.downloaded + downloaded,
      filesAdded: earlier.filesAdded + filesAdded,
      sessions: earlier.sessions + 1,
      seconds,
    } satisfies EarlierTotals);
  }
}

function readTotals(value: unknown): EarlierTotals {
  const totals: Record<string, number> = { ...NO_TOTALS };
  for (const key of Object.keys(totals)) {
    const number = (value as Record<string, unknown> | undefined)?.[key];
    if (typeof number === 'number' && number >= 0 && Number.isFinite(number)) totals[key] = number;
  }
  return totals as unknown as EarlierTotals;
}
