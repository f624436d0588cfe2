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

/** Bytes but for the last two. */
export interface RunTotals {
  readonly uploaded: number;
  readonly downloaded: number;
  readonly wasted: number;
  /** Pieces that did not match. */
  readonly hashFailures: number;
  readonly filesAdded: number;
}

/** What the daemon has moved, in this run and over all of them. */
export class Totals {
  readonly earlier: EarlierTotals;
  readonly #journal: Journal;
  readonly #catalog: Catalog;
  /** Of torrents that were removed in this run. */
  #removedUp = 0;
  #removedDown = 0;
  #removedWasted = 0;
  #removedFailures = 0;

  constructor(journal: Journal, catalog: Catalog) {
    this.#journal = journal;
    this.#catalog = catalog;
    this.earlier = readTotals(journal.get(KEY));
  }

  removed({ torrent }: Entry): void {
    const light = torrent?.light();
    this.#removedUp += light?.uploaded ?? 0;
    this.#removedDown += light?.downloaded ?? 0;
    this.#removedWasted += light?.wasted ?? 0;
    this.#removedFailures += light?.failedPieces ?? 0;
  }

  get thisRun(): RunTotals {
    let uploaded = this.#removedUp;
    let downloaded = this.#removedDown;
    let wasted = this.#removedWasted;
    let hashFailures = this.#removedFailures;
    for (const { torrent } of this.#catalog.all()) {
      if (torrent === undefined) continue;
      const light = torrent.light();
      uploaded += light.uploaded;
      downloaded += light.downloaded;
      wasted += light.wasted;
      hashFailures += light.failedPieces;
    }
    return { uploaded, downloaded, wasted, hashFailures, filesAdded: this.#catalog.added };
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
