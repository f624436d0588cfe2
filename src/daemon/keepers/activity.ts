import type { InfoHash } from '../../index.js';
import type { Catalog } from '../torrents/catalog.js';
import type { Entry } from '../torrents/entry.js';

/** Often enough for clients, which ask for what moved within the last minute. */
const LOOK_MS = 5_000;

export interface ActivityOptions {
  readonly catalog: Catalog;
  readonly nowMs: () => number;
}

/** Notes when each torrent moved payload last. Of torrents at rest it asks one question. */
export class Activity {
  /** Payload of those that have moved any, as it was seen last. */
  readonly #payload = new Map<InfoHash, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(readonly options: ActivityOptions) {
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  look(): void {
    for (const entry of this.options.catalog.all()) this.#lookAt(entry);
  }

  forget(entry: Entry): void {
    this.#payload.delete(entry.infoHash);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #lookAt(entry: Entry): void {
    const light = entry.torrent?.light();
    if (light === undefined || !light.working) return;
    const payload = light.everDownloaded + light.everUploaded;
    const before = this.#payload.get(entry.infoHash);
    if (payload === before) return;
    this.#payload.set(entry.infoHash, payload);
    if (before === undefined) return; // of earlier runs, for all that is known
    const { catalog, nowMs } = this.options;
    catalog.set(entry, { movedMs: nowMs() });
  }
}
