import type { DhtContact } from '../protocol/dht/messages.js';
import { Lookup, type LookupOptions, type LookupPurpose } from './lookup.js';
import type { DhtLookup } from './node-types.js';

/** Lookups at a time; each has some 20 queries without an answer at most. */
const MAX_ACTIVE = 16;

/** Lookups that wait for their turn; those beyond end with nothing. */
const MAX_WAITING = 4096;

/** So long a lookup waits for a first node to begin with. */
const PATIENCE_MS = 10_000;

interface Entry extends DhtLookup {
  readonly target: Uint8Array;
  readonly purpose: LookupPurpose;
  readonly sinceMs: number;
  lookup: Lookup | undefined;
}

export interface LookupsOptions extends Pick<LookupOptions, 'family' | 'fits' | 'ask'> {
  readonly ownId: () => Uint8Array;
  readonly density: () => number;
  /** Somebody is known to begin with. */
  readonly ready: () => boolean;
  readonly seeds: (target: Uint8Array) => readonly DhtContact[];
}

/** Lookups, so many at a time. They begin and end within `advance` and answers, never within the call that adds them. */
export class Lookups {
  readonly #options: LookupsOptions;
  readonly #active = new Set<Entry>();
  #waiting: Entry[] = [];

  constructor(options: LookupsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#active.size + this.#waiting.length;
  }

  /** @param urgent goes before those that wait */
  add(target: Uint8Array, purpose: LookupPurpose, nowMs: number, urgent = false): DhtLookup {
    const entry: Entry = {
      ...{ target: target.slice(), purpose, sinceMs: nowMs, lookup: undefined },
      cancel: () => {
        purpose.cancel?.();
        entry.lookup?.cancel();
        if (!this.#active.delete(entry)) this.#waiting = this.#waiting.filter(other => other !== entry);
      },
    };
    if (urgent) this.#waiting.unshift(entry);
    else this.#waiting.push(entry);
    return entry;
  }

  nextTimeout(): number {
    const [next] = this.#waiting;
    if (next === undefined || this.#active.size >= MAX_ACTIVE) return Number.POSITIVE_INFINITY;
    const now = this.#waiting.length > MAX_WAITING || this.#options.ready();
    return now ? next.sinceMs : next.sinceMs + PATIENCE_MS;
  }

  /** Begins with those that may. */
  advance(nowMs: number): void {
    while (this.nextTimeout() <= nowMs) this.#start(this.#waiting.shift()!, nowMs);
  }

  #start(entry: Entry, nowMs: number): void {
    const { family, fits, ask, ownId, density, seeds } = this.#options;
    const { target, purpose } = entry;
    const done: LookupPurpose['done'] = (result, closest, now) => {
      this.#active.delete(entry);
      purpose.done(result, closest, now);
    };
    entry.lookup = new Lookup(
      { family, fits, ask, target, ownId: ownId(), density: density(), seeds: seeds(target) },
      { query: purpose.query, answered: (from, answer) => purpose.answered?.(from, answer) ?? false, done },
      nowMs,
    );
    this.#active.add(entry);
    entry.lookup.advance(nowMs);
  }
}
