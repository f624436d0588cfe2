import { RecentMap } from './recent-map.js';
import { isUnlimited, visitorOf } from './visitor.js';

/** Queries a second that one visitor may go on with: libtorrent's `dht_block_ratelimit`. */
const PER_SECOND = 5;

/** As many at once: libtorrent counts over ten seconds, too. */
const BURST = 10 * PER_SECOND;

/** How long nobody listens to who asks more: libtorrent's `dht_block_timeout`. */
const BLOCK_MS = 300_000;

/** Half of the visitors that are kept in mind: 2 MB when all addresses are forged. */
const GENERATION = 8192;

interface Visitor {
  readonly unlimited: boolean;
  credit: number;
  atMs: number;
  blockedUntilMs: number;
}

/** Who asks too much is not answered for a while. All together may ask as much as they like. */
export class QueryLimit {
  readonly #visitors = new RecentMap<Visitor>(GENERATION, BLOCK_MS);

  get size(): number {
    return this.#visitors.size;
  }

  /** Counts a query. @returns whether it is to be answered */
  allows(host: string, nowMs: number): boolean {
    const key = visitorOf(host);
    const visitor = this.#visitors.get(key, nowMs);
    if (visitor === undefined) {
      const unlimited = isUnlimited(host);
      this.#visitors.set(key, { unlimited, credit: BURST - 1, atMs: nowMs, blockedUntilMs: 0 }, nowMs);
      return true;
    }
    if (visitor.unlimited) return true;
    if (nowMs < visitor.blockedUntilMs) return false;
    const earned = Math.max(0, (nowMs - visitor.atMs) * PER_SECOND) / 1000;
    visitor.credit = Math.min(BURST, visitor.credit + earned) - 1;
    visitor.atMs = nowMs;
    if (visitor.credit >= 0) return true;
    visitor.blockedUntilMs = nowMs + BLOCK_MS;
    visitor.credit = BURST;
    return false;
  }
}
