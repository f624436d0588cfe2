import { setImmediate as nextRound } from 'node:timers/promises';
import { DetailParts } from './detail-parts.js';
import type { PageSource } from './source.js';
import { TorrentList } from './torrent-list.js';
import type { Viewer } from './viewer.js';
import { encodeEvent, type PageEvents } from './wire.js';

/** From the beginning of one look to the next. */
const PERIOD_MS = 1_000;
/** Torrents that are looked at between two rounds of the event loop: a millisecond or two. */
const SLICE_TORRENTS = 1_000;

/** Looks at the session for all viewers together, from the first who comes to the last who goes. */
export class Feed {
  readonly #viewers = new Set<Viewer>();
  readonly #list = new TorrentList();
  readonly #details = new Map<string, DetailParts>();
  readonly #filled: Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    readonly source: PageSource,
    readonly fail: (error: unknown) => void,
  ) {
    this.#filled = this.#look();
  }

  get size(): number {
    return this.#viewers.size;
  }

  /** With the list of torrents or without it. */
  join(viewer: Viewer, withList: boolean): void {
    this.#viewers.add(viewer);
    try {
      viewer.send(encodeEvent('session', this.#session()));
      this.#sendDetails();
    } catch (error) {
      this.fail(error);
      return;
    }
    if (withList) this.#sendList(viewer).catch(this.fail);
  }

  leave(viewer: Viewer): void {
    this.#viewers.delete(viewer);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const viewer of this.#viewers) viewer.response.end();
  }

  async #sendList(viewer: Viewer): Promise<void> {
    // a list that is being read for the first time would come as changes, faster than the network may be
    await this.#filled;
    await viewer.sendList(this.#list.rows());
  }

  async #look(): Promise<void> {
    const startedMs = performance.now();
    await nextRound();
    try {
      this.#broadcast('session', this.#session(), () => true);
      this.#sendDetails();
      for (const change of this.#list.update(this.source.torrents(), SLICE_TORRENTS)) {
        if (this.#stopped) return;
        if (change !== undefined) this.#broadcast('change', change, viewer => viewer.isFollowing);
        await nextRound();
      }
    } catch (error) {
      this.fail(error);
    }
    if (this.#stopped) return;
    const restMs = PERIOD_MS - (performance.now() - startedMs);
    this.#timer = setTimeout(() => this.#look(), Math.max(0, restMs));
  }

  #session(): PageEvents['session'] {
    return this.source.session();
  }

  #broadcast<K extends keyof PageEvents>(
    name: K,
    data: PageEvents[K],
    isMeant: (viewer: Viewer) => boolean,
  ): void {
    const meant = [...this.#viewers].filter(isMeant);
    if (meant.length === 0) return;
    const event = Buffer.from(encodeEvent(name, data));
    for (const viewer of meant) viewer.send(event);
  }

  /** Each torrent is asked for once, however many look at it. */
  #sendDetails(): void {
    const watched = new Set([...this.#viewers].flatMap(({ watched }) => watched ?? []));
    for (const hash of this.#details.keys()) if (!watched.has(hash)) this.#details.delete(hash);
    for (const hash of watched) this.#sendDetail(hash);
  }

  #sendDetail(hash: string): void {
    const detail = this.source.detail(hash);
    const parts = this.#details.get(hash) ?? new DetailParts(hash);
    const changes = detail && parts.changes(detail);
    if (detail === undefined) this.#details.delete(hash);
    else this.#details.set(hash, parts);
    for (const viewer of this.#viewers) {
      if (viewer.watched !== hash) continue;
      if (detail === undefined) viewer.send(encodeEvent('detail', null));
      else if (!viewer.hasDetail) viewer.send(parts.all());
      else if (changes !== undefined) viewer.send(changes);
      viewer.hasDetail = detail !== undefined;
    }
  }
}
