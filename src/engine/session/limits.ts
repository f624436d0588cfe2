import { LimitChain, TokenBucket } from '../policy/rate-limit.js';
import type { RateLimits } from './types.js';

/** Limits of a session or of a torrent: buckets that all peers below share, and a rate that each of them has alone. */
export class SharedLimits {
  readonly down: TokenBucket;
  readonly up: TokenBucket;
  #peerDown: number;
  #peerUp: number;

  constructor({ down, up, peerDown, peerUp }: Required<RateLimits>) {
    this.down = new TokenBucket(down);
    this.up = new TokenBucket(up);
    this.#peerDown = peerDown;
    this.#peerUp = peerUp;
  }

  get peerDown(): number {
    return this.#peerDown;
  }

  get peerUp(): number {
    return this.#peerUp;
  }

  set({ down, up, peerDown, peerUp }: Required<RateLimits>, nowMs: number): void {
    this.down.setRate(down, nowMs);
    this.up.setRate(up, nowMs);
    this.#peerDown = peerDown;
    this.#peerUp = peerUp;
  }
}

/** Least that is read at once under a limit; less costs a system call for nothing. */
const MIN_READ_BYTES = 1024;
/** And under one that is used up it is waited for so much. */
const MIN_WAIT_BYTES = 4 * MIN_READ_BYTES;

/** What one peer must get through: its own buckets and those of its torrent and session. */
export class PeerLimits {
  readonly down: LimitChain;
  readonly up: LimitChain;
  readonly #own = { down: new TokenBucket(), up: new TokenBucket() };

  constructor(readonly levels: readonly SharedLimits[]) {
    this.down = new LimitChain([...levels.map(level => level.down), this.#own.down]);
    this.up = new LimitChain([...levels.map(level => level.up), this.#own.up]);
    this.refresh(0);
  }

  /** Bytes that may be read now. A low limit never has as many to spare as are worth a call: it goes into debt for them. */
  readable(nowMs: number): number {
    const available = this.down.available(nowMs);
    return available < this.#worthReading ? 0 : Math.max(MIN_READ_BYTES, available);
  }

  /** How long to wait until reading is worth a call again; 0 while it is. */
  readDelayMs(nowMs: number): number {
    return this.readable(nowMs) > 0 ? 0 : this.down.delayMs(MIN_WAIT_BYTES, nowMs);
  }

  /** Half of what a low limit can save up: the first read after a pause is of one byte, with each of those that share it. */
  get #worthReading(): number {
    return Math.min(MIN_READ_BYTES, this.down.burst / 2);
  }

  /** The rates for each peer have changed: the lowest of all levels holds. */
  refresh(nowMs: number): void {
    this.#own.down.setRate(lowest(this.levels.map(level => level.peerDown)), nowMs);
    this.#own.up.setRate(lowest(this.levels.map(level => level.peerUp)), nowMs);
  }
}

/** 0 is no limit. */
function lowest(rates: readonly number[]): number {
  const limited = rates.filter(rate => rate > 0);
  return limited.length === 0 ? 0 : Math.min(...limited);
}
