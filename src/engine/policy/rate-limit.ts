/**
 * What a bucket can hold, as a part of a second's rate: the most that comes on top of the rate in any stretch of
 * time, 2.5 % over 10 s. A late timer loses nothing until it is 250 ms late.
 */
const BURST_SECONDS = 0.25;

/** Tokens are counted in fractions of a byte; less than this is rounding. */
const EPSILON = 1e-6;

/**
 * Bytes that may pass, as tokens that come in at a rate. It starts empty, so the first seconds keep the rate too.
 * A rate of 0 or Infinity means no limit.
 *
 * `available` tells how much may pass now. Whoever takes more goes into debt and waits it off: over a long time the
 * rate holds all the same, but for units larger than the burst only exact to a unit. Take what is available and a
 * limit of 10 KB/s is as exact as one of 1 GB/s.
 */
export class TokenBucket {
  #rate = 0;
  #burst = 0;
  #tokens = 0;
  /** -1 before the first call: the bucket knows no clock of its own. */
  #lastMs = -1;

  /** Bytes a second; `burstBytes` defaults to a quarter of a second's worth. */
  constructor(ratePerSecond = 0, burstBytes?: number) {
    this.#configure(ratePerSecond, burstBytes);
  }

  /** Bytes a second, Infinity when unlimited. */
  get rate(): number {
    return this.#rate;
  }

  /** Most that can be saved up; Infinity when unlimited. */
  get burst(): number {
    return this.#burst;
  }

  /** Changes the rate from now on; debt stays, saved tokens are cut to the new burst. */
  setRate(ratePerSecond: number, nowMs: number, burstBytes?: number): void {
    this.#refill(nowMs);
    this.#configure(ratePerSecond, burstBytes);
  }

  /** Whole bytes that may pass now, at least 0; Infinity when unlimited. */
  available(nowMs: number): number {
    if (this.#rate === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
    this.#refill(nowMs);
    return Math.max(0, Math.floor(this.#tokens + EPSILON));
  }

  /** Counts bytes that have passed, also more than there were tokens. */
  take(bytes: number, nowMs: number): void {
    if (this.#rate === Number.POSITIVE_INFINITY) return;
    this.#refill(nowMs);
    this.#tokens -= bytes;
  }

  /** 0 when `bytes` may pass now, else how long until then. More than the burst passes when the bucket is full. */
  delayMs(bytes: number, nowMs: number): number {
    if (this.#rate === Number.POSITIVE_INFINITY) return 0;
    this.#refill(nowMs);
    const missing = Math.min(bytes, this.#burst) - this.#tokens;
    return missing <= EPSILON ? 0 : (missing * 1000) / this.#rate;
  }

  #configure(ratePerSecond: number, burstBytes?: number): void {
    if (!(ratePerSecond >= 0)) throw new RangeError(`rate is ${ratePerSecond}, must be 0 or more`);
    this.#rate = ratePerSecond === 0 ? Number.POSITIVE_INFINITY : ratePerSecond;
    this.#burst = burstBytes ?? Math.max(1, this.#rate * BURST_SECONDS);
    // No limit saves nothing up for the limit that may come after it.
    this.#tokens = this.#rate === Number.POSITIVE_INFINITY ? 0 : Math.min(this.#tokens, this.#burst);
  }

  #refill(nowMs: number): void {
    const passedMs = this.#lastMs < 0 ? 0 : nowMs - this.#lastMs;
    if (nowMs > this.#lastMs) this.#lastMs = nowMs;
    if (passedMs <= 0 || this.#rate === Number.POSITIVE_INFINITY) return;
    this.#tokens = Math.min(this.#burst, this.#tokens + (this.#rate * passedMs) / 1000);
  }
}

/** Several buckets as one, such as those of session, torrent and peer: all must allow. */
export class LimitChain {
  readonly #buckets: readonly TokenBucket[];

  constructor(buckets: readonly TokenBucket[]) {
    this.#buckets = buckets;
  }

  get burst(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const bucket of this.#buckets) least = Math.min(least, bucket.burst);
    return least;
  }

  available(nowMs: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (const bucket of this.#buckets) least = Math.min(least, bucket.available(nowMs));
    return least;
  }

  take(bytes: number, nowMs: number): void {
    for (const bucket of this.#buckets) bucket.take(bytes, nowMs);
  }

  delayMs(bytes: number, nowMs: number): number {
    let longest = 0;
    for (const bucket of this.#buckets) longest = Math.max(longest, bucket.delayMs(bytes, nowMs));
    return longest;
  }
}
