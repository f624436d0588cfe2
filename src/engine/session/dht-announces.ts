import type { Rng } from '../policy/rng.js';
import type { Seeker } from './discovery.js';

/** A torrent is announced so often: half of the half hour that nodes keep peers for; libtorrent `dht_announce_interval`. */
const ANNOUNCE_MS = 15 * 60_000;

/** A torrent that lacks something looks earlier, after waits that double. Whoever has it may have been about to say so. */
const SEEK_FIRST_MS = 1_000;
/** The longest of them while nobody is found at all. */
const LONELY_MS = 2 * 60_000;

/** Share of each wait that is left to luck. */
const JITTER = 0.1;

/**
 * Lookups at a time. One takes 2 to 3 s where some nodes are dead, so that 10,000 torrents have their turn within the
 * half hour that nodes keep their peers for, at 50 kB/s each way.
 */
export const MAX_LOOKUPS = 16;

export interface DhtAnnouncesOptions {
  readonly rng: Rng;
  /** Calls back once. @returns what calls it off */
  readonly setTimer: (call: () => void, delayMs: number) => () => void;
  /**
   * Looks for peers, and announces; `done` gets how many were found. @returns what calls it off
   * Where nobody is left to ask it may say so by `setReady`, and the torrent keeps its turn.
   */
  readonly lookUp: (seeker: Seeker, done: (found: number) => void) => () => void;
}

interface Entry {
  readonly seeker: Seeker;
  /** Since it began, or began anew. A number, not a back-off of its own: there may be 10,000 entries. */
  lookups: number;
  state: 'waiting' | 'queued' | 'running';
  /** Ends the wait or the lookup. */
  cancel: () => void;
}

/** When each torrent is looked up and announced in the DHT: few at a time, those that lack peers first. */
export class DhtAnnounces {
  readonly #entries = new Map<Seeker, Entry>();
  /** Oldest first. */
  readonly #seeking = new Set<Entry>();
  readonly #seeding = new Set<Entry>();
  #running = 0;
  #ready = false;
  #starting = false;

  constructor(readonly options: DhtAnnouncesOptions) {}

  get size(): number {
    return this.#entries.size;
  }

  get running(): number {
    return this.#running;
  }

  join(seeker: Seeker): void {
    if (this.#entries.has(seeker)) return;
    const entry: Entry = { seeker, lookups: 0, state: 'waiting', cancel: NOTHING };
    this.#entries.set(seeker, entry);
    this.#queue(entry);
  }

  leave(seeker: Seeker): void {
    const entry = this.#entries.get(seeker);
    if (entry === undefined) return;
    this.#entries.delete(seeker);
    this.#stop(entry);
    this.#next();
  }

  /** Whether there is anybody to ask. */
  setReady(ready: boolean): void {
    if (ready === this.#ready) return;
    this.#ready = ready;
    if (ready) this.#next();
    else for (const entry of this.#entries.values()) if (entry.state === 'running') this.#queue(entry);
  }

  /** All are to be announced anew: we are reached elsewhere. */
  again(): void {
    for (const entry of this.#entries.values()) {
      entry.lookups = 0;
      this.#queue(entry);
    }
  }

  close(): void {
    this.#ready = false;
    for (const entry of this.#entries.values()) this.#stop(entry);
    this.#entries.clear();
  }

  #queue(entry: Entry): void {
    this.#stop(entry);
    entry.state = 'queued';
    (entry.seeker.seeks ? this.#seeking : this.#seeding).add(entry);
    this.#next();
  }

  #stop(entry: Entry): void {
    if (entry.state === 'running') this.#running--;
    this.#seeking.delete(entry);
    this.#seeding.delete(entry);
    entry.cancel();
    entry.cancel = NOTHING;
    entry.state = 'waiting';
  }

  /** A lookup that ends at once comes back here, and must not begin the next one on top of itself: there may be 10,000. */
  #next(): void {
    if (this.#starting) return;
    this.#starting = true;
    while (this.#ready && this.#running < MAX_LOOKUPS) {
      const entry = first(this.#seeking) ?? first(this.#seeding);
      if (entry === undefined) break;
      this.#run(entry);
    }
    this.#starting = false;
  }

  #run(entry: Entry): void {
    this.#seeking.delete(entry);
    this.#seeding.delete(entry);
    entry.state = 'running';
    this.#running++;
    let over = false;
    const cancel = this.options.lookUp(entry.seeker, found => {
      if (over) return;
      over = true;
      this.#done(entry, found);
    });
    if (over) return;
    entry.cancel = () => {
      over = true;
      cancel();
    };
  }

  #done(entry: Entry, found: number): void {
    entry.lookups++;
    entry.cancel = this.options.setTimer(() => this.#queue(entry), this.#waitMs(entry, found));
    entry.state = 'waiting';
    this.#running--;
    this.#next();
  }

  #waitMs({ seeker, lookups }: Entry, found: number): number {
    const longestMs = seeker.seeks && found === 0 ? LONELY_MS : ANNOUNCE_MS;
    const waitMs = seeker.seeks ? Math.min(longestMs, SEEK_FIRST_MS * 2 ** (lookups - 1)) : longestMs;
    return waitMs * (1 - JITTER * this.options.rng.fraction());
  }
}

const NOTHING = () => {};

function first<T>(set: ReadonlySet<T>): T | undefined {
  return set.values().next().value;
}
