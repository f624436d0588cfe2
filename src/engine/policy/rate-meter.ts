/** Buckets of a window: the edge of the window moves in steps of a twentieth of it. */
const BUCKETS = 20;

/**
 * Bytes a second over a sliding window. Young meters divide by their age, so that a peer of two seconds is not
 * ranked by a window of twenty. Nothing is allocated after the constructor; time that runs backwards stands still.
 */
export class RateMeter {
  readonly #bucketMs: number;
  readonly #buckets = new Float64Array(BUCKETS);
  #sum = 0;
  #total = 0;
  /** Number of the newest bucket since time 0, and when the first byte came. */
  #newest = 0;
  #firstMs = -1;
  #nowMs = 0;

  /** `windowMs` defaults to 20 s, over which the choker compares (BEP 3: a rolling 20-second average). */
  constructor(windowMs = 20_000) {
    if (!(windowMs > 0)) throw new RangeError(`window is ${windowMs} ms`);
    this.#bucketMs = windowMs / BUCKETS;
  }

  /** Bytes since the meter was made. */
  get total(): number {
    return this.#total;
  }

  add(bytes: number, nowMs: number): void {
    this.#advance(nowMs);
    if (this.#firstMs < 0) this.#firstMs = this.#nowMs;
    this.#buckets[this.#newest % BUCKETS] += bytes;
    this.#sum += bytes;
    this.#total += bytes;
  }

  /** Bytes a second. The time counted is never less than one bucket: a first block alone is no high rate. */
  rate(nowMs: number): number {
    this.#advance(nowMs);
    if (this.#sum === 0) return 0;
    const oldestMs = Math.max((this.#newest - BUCKETS + 1) * this.#bucketMs, this.#firstMs);
    return (this.#sum * 1000) / Math.max(this.#nowMs - oldestMs, this.#bucketMs);
  }

  #advance(nowMs: number): void {
    if (!(nowMs > this.#nowMs)) return;
    this.#nowMs = nowMs;
    const newest = Math.floor(nowMs / this.#bucketMs);
    const passed = Math.min(newest - this.#newest, BUCKETS);
    for (let i = 0; i < passed; i++) {
      const at = (newest - i) % BUCKETS;
      this.#sum -= this.#buckets[at];
      this.#buckets[at] = 0;
    }
    this.#newest = newest;
  }
}
