import type { InfoHash } from '../../index.js';
import type { Catalog } from '../torrents/catalog.js';
import type { Entry } from '../torrents/entry.js';

/** Often enough for clients, which ask for what moved within the last minute. */
const LOOK_MS = 5_000;

export interface ActivityOptions {
  readonly catalog: Catalog;
  readonly nowMs: () => number;
  readonly nowSeconds: () => number;
}

/** Notes when each torrent moved payload last. Of each it asks one question, also at rest: it may have worked in between. */
export class Activity {
  /** Payload of this run, of those that have moved any, as it was seen last. */
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

  /** The next run knows it too. */
  close(): void {
    clearInterval(this.#timer);
    this.look();
    const { catalog, nowMs, nowSeconds } = this.options;
    for (const entry of catalog.all())
      if (entry.movedMs !== Number.NEGATIVE_INFINITY)
        catalog.edit(entry, { activeAt: Math.floor(nowSeconds() - (nowMs() - entry.movedMs) / 1000) });
  }

  #lookAt(entry: Entry): void {
    const light = entry.torrent?.light();
    if (light === undefined) return;
    const payload = light.downloaded + light.uploaded;
    const before = this.#payload.get(entry.infoHash) ?? 0;
    if (payload === before) return;
    this.#payload.set(entry.infoHash, payload);
    if (payload < before) return; // it was opened anew
    const { catalog, nowMs } = this.options;
    catalog.set(entry, { movedMs: nowMs() });
  }
}
