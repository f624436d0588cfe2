import { formatAddress, type PeerAddress } from '../ids.js';
import type { DhtContact, DhtQuery } from '../protocol/dht/messages.js';
import type { Ask } from './queries.js';

/** Nodes asked at a time: who sends queries from forged addresses makes us send no more than this. */
const MAX_ASKED = 8;

/** A saved table is no larger. */
const MAX_WAITING = 512;

/** Who did not answer is not asked again for so long on the word of others. */
const SILENT_MS = 5 * 60_000;

/** Silent ones that are remembered. */
const MAX_SILENT = 256;

/** Nodes that somebody told of, or that asked us: each is asked something before it is taken for one. */
export class Prospects {
  readonly #waiting = new Map<string, { to: PeerAddress; contact: DhtContact | undefined }>();
  readonly #asked = new Set<string>();
  /** Until when nobody asks them. */
  readonly #silent = new Map<string, number>();

  constructor(
    readonly ask: Ask,
    /** What they are asked. */
    readonly query: () => DhtQuery,
  ) {}

  /** Nobody is left to be asked. */
  get idle(): boolean {
    return this.#waiting.size === 0 && this.#asked.size === 0;
  }

  /** Entries of all kinds. */
  get known(): number {
    return this.#waiting.size + this.#asked.size + this.#silent.size;
  }

  /** @param again even if it was silent lately: we have a reason of our own to ask */
  add(to: PeerAddress, contact: DhtContact | undefined, nowMs: number, again = false): void {
    const key = formatAddress(to);
    if (this.#asked.has(key) || this.#waiting.size >= MAX_WAITING) return;
    if (!again && (this.#silent.get(key) ?? 0) > nowMs) return;
    const { host, port } = to;
    this.#waiting.set(key, {
      to: { host, port },
      contact: contact && { id: contact.id.slice(), host, port },
    });
  }

  nextTimeout(): number {
    return this.#waiting.size > 0 && this.#asked.size < MAX_ASKED ? 0 : Number.POSITIVE_INFINITY;
  }

  advance(nowMs: number): void {
    for (const [key, { to, contact }] of this.#waiting) {
      if (this.#asked.size >= MAX_ASKED) return;
      this.#waiting.delete(key);
      const over = () => this.#asked.delete(key);
      const silent = (now: number) => {
        over();
        this.#silent.delete(key);
        this.#silent.set(key, now + SILENT_MS);
        this.#forgetSilent(now);
      };
      const waiter = { answered: over, refused: over, slow: over, lost: silent };
      if (this.ask(to, contact, this.query(), waiter, nowMs)) this.#asked.add(key);
    }
  }

  /** Those whose time is over, and the first of too many: they are in that order. */
  #forgetSilent(nowMs: number): void {
    for (const [key, untilMs] of this.#silent) {
      if (untilMs > nowMs && this.#silent.size <= MAX_SILENT) return;
      this.#silent.delete(key);
    }
  }
}
