import { MillraceError } from '../errors.js';
import { renameBeneath } from '../storage/rename-beneath.js';
import type { TorrentState } from './types.js';
import type { Workings } from './workings.js';

/** The torrent as far as its files are moved about. */
export interface RelocationOwner {
  readonly workings: Workings;
  readonly state: TorrentState;
  /** The files are where they are to stay. */
  settled(): void;
}

/** Moves a torrent's files and renames them, one wish after the other, while the torrent goes on as far as it can. */
export class Relocation {
  #last: Promise<unknown> = Promise.resolve();
  readonly #ending = new AbortController();

  constructor(readonly owner: RelocationOwner) {}

  /** @throws MillraceError ERR_OPTION, ERR_NOT_FOUND, ERR_STORAGE_*; the torrent is as it was then */
  rename(path: string, name: string): Promise<void> {
    return this.#next(async () => {
      const { workings } = this.owner;
      const { place } = workings;
      const plan = place.plan({ path, name });
      if (plan.from === plan.to) return;
      await workings.relocate(async () => {
        if (!workings.inMemory) await renameBeneath(place.dir, plan.folder, plan.from, plan.to);
        place.take({ path, name }, plan);
      });
    });
  }

  /** Ends what is under way. Never rejects. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#last;
  }

  #next(work: () => Promise<void>): Promise<void> {
    const run = this.#last.then(async () => {
      if (this.owner.state === 'closed') throw new MillraceError('ERR_CLOSED', 'the torrent was closed');
      try {
        await work();
      } finally {
        this.owner.settled();
      }
    });
    this.#last = run.catch(() => {});
    return run;
  }
}
