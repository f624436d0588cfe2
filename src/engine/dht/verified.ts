import { RecentMap } from './recent-map.js';

/** As long as a token is good for (BEP 5). */
const LIFETIME_MS = 10 * 60_000;

/** Half of the addresses that are kept in mind. */
const GENERATION = 4096;

/** Addresses that have lately shown that what is sent to them arrives: they answered us, or brought our token back. */
export class Verified {
  readonly #sinceMs = new RecentMap<number>(GENERATION, LIFETIME_MS);

  get size(): number {
    return this.#sinceMs.size;
  }

  add(host: string, nowMs: number): void {
    this.#sinceMs.set(host, nowMs, nowMs);
  }

  has(host: string, nowMs: number): boolean {
    const sinceMs = this.#sinceMs.get(host, nowMs);
    return sinceMs !== undefined && nowMs - sinceMs < LIFETIME_MS;
  }
}
