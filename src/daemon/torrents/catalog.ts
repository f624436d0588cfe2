import type { InfoHash } from '../../index.js';
import type { Journal } from '../state/journal.js';
import type { Entry, MutableEntry } from './entry.js';
import { packRecord, type TorrentRecord, unpackRecord } from './record.js';

/** What a client calls active when it asks for what has changed: Transmission's minute. */
const RECENT_MS = 60_000;

export interface CatalogOptions {
  readonly journal: Journal;
  readonly nowMs: () => number;
}

/** Keys of torrents in the journal; the daemon has others. */
const KEY_PREFIX = 'torrent.';

/** All torrents of the daemon, by number and by info-hash; what changes of them goes to the journal. */
export class Catalog {
  readonly #options: CatalogOptions;
  readonly #byHash = new Map<InfoHash, MutableEntry>();
  readonly #byId = new Map<number, MutableEntry>();
  /** Numbers of torrents that were removed, and when. */
  #removed: { readonly id: number; readonly atMs: number }[] = [];
  #order: readonly Entry[] | undefined;
  #lastId = 0;
  /** No torrent is further back in the queue. */
  #lastKey = 0;
  #everAdded = 0;

  constructor(options: CatalogOptions) {
    this.#options = options;
  }

  /** Takes in what the journal has, in the order of the queue. @returns keys of lines that are no torrents */
  load(): string[] {
    const { journal } = this.#options;
    const records: TorrentRecord[] = [];
    const unreadable: string[] = [];
    for (const [key, value] of journal.entries()) {
      if (!key.startsWith(KEY_PREFIX)) continue;
      const record = unpackRecord(value);
      if (record === undefined) unreadable.push(key);
      else records.push(record);
    }
    for (const record of records.sort((a, b) => a.queueKey - b.queueKey)) this.#insert(record);
    return unreadable;
  }

  get size(): number {
    return this.#byHash.size;
  }

  /** Torrents that were added in this run. */
  get added(): number {
    return this.#everAdded;
  }

  all(): IterableIterator<Entry> {
    return this.#byHash.values();
  }

  /** All of them, each with its position. */
  inQueueOrder(): readonly Entry[] {
    if (this.#order === undefined) {
      const order = [...this.#byHash.values()].sort((a, b) => a.record.queueKey - b.record.queueKey);
      for (const [position, entry] of order.entries()) entry.position = position;
      this.#order = order;
    }
    return this.#order;
  }

  get(infoHash: InfoHash): Entry | undefined {
    return this.#byHash.get(infoHash);
  }

  byId(id: number): Entry | undefined {
    return this.#byId.get(id);
  }

  /** Those that changed or moved payload of late. */
  recent(): Entry[] {
    const sinceMs = this.#options.nowMs() - RECENT_MS;
    return [...this.all()].filter(entry => Math.max(entry.changedMs, entry.movedMs) >= sinceMs);
  }

  /** Numbers of those that were removed of late. */
  recentlyRemoved(): number[] {
    const sinceMs = this.#options.nowMs() - RECENT_MS;
    while (this.#removed.length > 0 && this.#removed[0].atMs < sinceMs) this.#removed.shift();
    return this.#removed.map(({ id }) => id);
  }

  add(record: TorrentRecord): Entry {
    const entry = this.#insert({ ...record, queueKey: this.#lastKey + 1 });
    this.#everAdded++;
    this.#write(entry.record);
    return entry;
  }

  /** Replaces values of its record, durable with the next flush. */
  edit(entry: Entry, changes: Partial<TorrentRecord>): void {
    const mutable = entry as MutableEntry;
    mutable.record = { ...entry.record, ...changes };
    mutable.changedMs = this.#options.nowMs();
    if (this.#has(entry)) this.#write(entry.record);
  }

  /** What is known of it in this run alone. */
  set(entry: Entry, state: Partial<Omit<Entry, 'record' | 'id' | 'infoHash'>>): void {
    Object.assign(entry, state);
  }

  /** @returns whether it was there */
  remove(entry: Entry): boolean {
    if (!this.#has(entry)) return false;
    this.#byHash.delete(entry.infoHash);
    this.#byId.delete(entry.id);
    this.#removed.push({ id: entry.id, atMs: this.#options.nowMs() });
    this.#options.journal.set(KEY_PREFIX + entry.infoHash, undefined);
    this.#order = undefined;
    return true;
  }

  /** Its removal could not be made durable: it is there again as it was. */
  restore(entry: Entry): void {
    this.#removed = this.#removed.filter(({ id }) => id !== entry.id);
    this.#keep(entry);
    this.#write(entry.record);
  }

  /** Puts it at this position of the queue; beyond its end is the end. */
  moveTo(entry: Entry, position: number): void {
    if (!this.#has(entry)) return;
    const others = this.inQueueOrder().filter(other => other !== entry);
    const at = Math.max(0, Math.min(others.length, position));
    const before = others[at - 1]?.record.queueKey;
    const after = others[at]?.record.queueKey;
    const queueKey =
      before === undefined ? (after ?? 1) - 1 : after === undefined ? before + 1 : (before + after) / 2;
    this.#order = undefined;
    if (queueKey !== before && queueKey !== after) this.#place(entry, queueKey);
    // no number lies between the two any more
    else for (const [key, other] of others.toSpliced(at, 0, entry).entries()) this.#place(other, key);
  }

  /** Resolves when all changes are on disk. @throws MillraceError ERR_STORAGE_* */
  flush(): Promise<void> {
    return this.#options.journal.flush();
  }

  #place(entry: Entry, queueKey: number): void {
    this.#lastKey = Math.max(this.#lastKey, queueKey);
    (entry as MutableEntry).record = { ...entry.record, queueKey };
    this.#write(entry.record);
  }

  #insert(record: TorrentRecord): Entry {
    const entry: MutableEntry = {
      id: ++this.#lastId,
      infoHash: record.infoHash,
      record,
      torrent: undefined,
      failure: undefined,
      position: 0,
      admitted: false,
      changedMs: this.#options.nowMs(),
      movedMs: Number.NEGATIVE_INFINITY,
      moving: undefined,
    };
    this.#lastKey = Math.max(this.#lastKey, record.queueKey);
    this.#keep(entry);
    return entry;
  }

  #keep(entry: MutableEntry): void {
    this.#order = undefined;
    this.#byHash.set(entry.infoHash, entry);
    this.#byId.set(entry.id, entry);
  }

  /** This one, and not another with its info-hash that was added since. */
  #has(entry: Entry): boolean {
    return this.#byHash.get(entry.infoHash) === entry;
  }

  #write(record: TorrentRecord): void {
    this.#options.journal.set(KEY_PREFIX + record.infoHash, packRecord(record));
  }
}
