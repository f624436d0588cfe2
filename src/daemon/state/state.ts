import { join } from 'node:path';
import { makeStateFolder } from '../../engine/storage/state-file.js';
import type { LogSink } from '../../index.js';
import type { Overrides } from '../config/live-settings.js';
import { ActiveClock } from '../torrents/active-clock.js';
import { Catalog } from '../torrents/catalog.js';
import { TorrentFolder } from '../torrents/torrent-folder.js';
import { Journal } from './journal.js';
import { Kept } from './kept.js';
import { lockFolder } from './lock.js';
import { Totals } from './totals.js';

const OVERRIDES = 'settings';

export interface StateOptions {
  readonly dir: string;
  readonly log: LogSink;
  /** Monotonic. */
  readonly nowMs: () => number;
}

/**
 * The state folder, which one daemon alone works with:
 *
 * - `daemon.journal`: torrents, what clients have set, totals
 * - `torrents/<info-hash>.torrent`
 * - `resume/<info-hash>.resume` and `.hints`: the engine's
 */
export class State {
  private constructor(
    readonly dir: string,
    readonly journal: Journal,
    readonly catalog: Catalog,
    readonly folder: TorrentFolder,
    readonly clock: ActiveClock,
    readonly totals: Totals,
    readonly kept: Kept,
    readonly unlock: () => Promise<void>,
  ) {}

  /** @throws MillraceError ERR_STATE_LOCKED, ERR_STORAGE_* */
  static async open({ dir, log, nowMs }: StateOptions): Promise<State> {
    await makeStateFolder(dir);
    const unlock = await lockFolder(dir);
    try {
      const journal = await Journal.open(join(dir, 'daemon.journal'));
      if (journal.damaged > 0)
        log.error(
          { lines: journal.damaged },
          'the journal has damaged lines; a copy is daemon.journal.damaged',
        );
      const folder = new TorrentFolder(join(dir, 'torrents'));
      await folder.open();
      const catalog = new Catalog({ journal, nowMs });
      const unreadable = catalog.load();
      for (const key of unreadable) log.error({ key }, 'the journal has a torrent that cannot be read');
      if (journal.damaged + unreadable.length > 0) {
        const torrents = (await folder.list()).filter(infoHash => catalog.get(infoHash) === undefined);
        if (torrents.length > 0)
          log.error({ torrents }, 'torrents that nothing is remembered of; their files are there');
      }
      const totals = new Totals(journal, catalog);
      const clock = new ActiveClock({ earlier: totals.earlier.seconds, nowMs });
      return new State(dir, journal, catalog, folder, clock, totals, new Kept(journal, 'kept'), unlock);
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  get forClients() {
    const { catalog, folder, totals, clock, dir: stateDir, kept: dormant } = this;
    return { catalog, folder, totals, clock, stateDir, dormant };
  }

  get resumeDir(): string {
    return join(this.dir, 'resume');
  }

  get overrides(): Overrides {
    const value = this.journal.get(OVERRIDES);
    return typeof value === 'object' && value !== null ? (value as Overrides) : {};
  }

  saveOverrides(overrides: Overrides): void {
    this.journal.set(OVERRIDES, { ...overrides });
  }

  /** What a crash may not cost is on disk when it resolves. */
  async beat(): Promise<void> {
    this.totals.save(this.clock.seconds);
    await this.journal.flush();
  }

  async close(): Promise<void> {
    try {
      await this.journal.close();
    } finally {
      await this.unlock();
    }
  }
}
