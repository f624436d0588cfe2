import { setTimeout as delay } from 'node:timers/promises';
import type { LogSink } from '../index.js';
import type { Catalog } from './torrents/catalog.js';
import type { Opening } from './torrents/opening.js';

/** For 10,000 torrents as they were left it takes 0.3 s (`node bench/daemon/idle.mjs`). */
const FIRST_LOOK_MS = 2000;
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

/** Until then a torrent that is complete would be listed as one that has nothing. What is hashed again takes its time. */
export async function firstLook(catalog: Catalog): Promise<void> {
  const looks = Array.from(catalog.all(), ({ torrent }) => torrent?.checked().catch(() => {}));
  const late = new AbortController();
  await Promise.race([
    Promise.all(looks),
    delay(FIRST_LOOK_MS, undefined, { signal: late.signal, ref: false }).catch(() => {}),
  ]);
  late.abort();
}
