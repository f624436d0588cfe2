import type { LiveSettings } from '../config/live-settings.js';
import { type Queued, whoRuns } from '../rules/queue.js';
import type { Catalog } from '../torrents/catalog.js';
import type { Entry } from '../torrents/entry.js';
import { isComplete } from '../torrents/status.js';

/** A torrent that has stalled loses its place when it is looked at next. */
const LOOK_MS = 30_000;

export interface RunnerOptions {
  readonly catalog: Catalog;
  readonly settings: LiveSettings;
  readonly nowMs: () => number;
  /** A magnet link may look for its metadata, or not. */
  readonly seek: (entry: Entry, run: boolean) => void;
  /** It was told to run or to stand still. */
  readonly onSwitch: (entry: Entry) => void;
}

/** Lets run who is to run: all that the user has started, or as many of them as the queues have places for. */
export class Runner {
  #timer: NodeJS.Timeout | undefined;
  #due: NodeJS.Immediate | undefined;
  #closed = false;

  constructor(readonly options: RunnerOptions) {
    options.settings.watch(['download-queue', 'seed-queue', 'queue-stalled'], () => this.settle());
  }

  /** Something about this torrent has changed that its neighbours in the queue may have waited for. */
  changed(entry: Entry): void {
    if (!this.#queues) this.#apply(entry, entry.record.running);
    else {
      if (entry.admitted && entry.record.running) this.#seek(entry, true); // what was said of it holds at once
      this.#soon();
    }
  }

  /** One has left, and its place is free. */
  gone(): void {
    if (this.#queues) this.#soon();
  }

  /** Before torrents are opened: without queues all that are to run do so at once, else they wait for their places. */
  admit(entries: Iterable<Entry>): void {
    for (const entry of entries)
      this.options.catalog.set(entry, { admitted: entry.record.running && !this.#queues });
  }

  settle(): void {
    if (this.#closed) return;
    clearImmediate(this.#due);
    clearTimeout(this.#timer);
    this.#due = undefined;
    const running = this.#queues ? this.#inPlaces() : undefined;
    for (const entry of this.options.catalog.all())
      this.#apply(entry, entry.record.running && (running?.has(entry.infoHash) ?? true));
    if (running !== undefined) this.#timer = setTimeout(() => this.settle(), LOOK_MS).unref();
  }

  close(): void {
    this.#closed = true;
    clearImmediate(this.#due);
    clearTimeout(this.#timer);
  }

  get #queues(): boolean {
    const { settings } = this.options;
    return settings.get('download-queue') !== undefined || settings.get('seed-queue') !== undefined;
  }

  /** Once for all changes of a turn. */
  #soon(): void {
    if (!this.#closed) this.#due ??= setImmediate(() => this.settle());
  }

  #inPlaces(): Set<string> {
    const { catalog, settings, nowMs } = this.options;
    const stalledMs = settings.get('queue-stalled');
    const queued: Queued[] = [];
    for (const entry of catalog.inQueueOrder()) {
      const { infoHash, record, torrent, movedMs, changedMs } = entry;
      if (!record.running || entry.failure !== undefined || torrent?.state === 'error') continue;
      const quietMs = nowMs() - Math.max(movedMs, changedMs);
      queued.push({
        key: infoHash,
        kind: torrent !== undefined && isComplete(torrent) ? 'seed' : 'download',
        stalled: stalledMs !== undefined && entry.admitted && quietMs >= stalledMs,
        forced: record.forced,
      });
    }
    return whoRuns(queued, { downloads: settings.get('download-queue'), seeds: settings.get('seed-queue') });
  }

  #apply(entry: Entry, run: boolean): void {
    const { catalog, onSwitch } = this.options;
    catalog.set(entry, { admitted: run });
    this.#seek(entry, run);
    const { torrent } = entry;
    if (torrent === undefined || run === (torrent.state !== 'paused')) return;
    if (run) torrent.resume();
    else torrent.pause();
    onSwitch(entry);
  }

  #seek(entry: Entry, run: boolean): void {
    if (entry.torrent === undefined && entry.record.magnet !== undefined) this.options.seek(entry, run);
  }
}
