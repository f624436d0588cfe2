import type { LogSink } from '../index.js';
import type { Catalog } from './torrents/catalog.js';
import type { Opening } from './torrents/opening.js';

/** Torrents that are opened at a time: each reads a few small files. */
const AT_A_TIME = 32;

/** Gives all that is remembered to the engine; what cannot be opened stays in the list with its failure. */
export async function openAll(catalog: Catalog, opening: Opening, log: LogSink): Promise<void> {
  const entries = catalog.inQueueOrder()[Symbol.iterator]();
  const open = async () => {
    for (const entry of entries) {
      await opening.open(entry);
      if (entry.failure !== undefined)
        log.error({ err: entry.failure, torrent: entry.infoHash }, 'a torrent could not be opened');
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, open));
}
