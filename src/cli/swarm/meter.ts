/** Shortest time over which a rate is called a capacity: a burst out of buffers is none. */
const MIN_WINDOW_MS = 200;

/** Finds the highest rate that a counter of bytes was seen to rise by. */
export class Meter {
  #bytes = 0;
  #atMs: number | undefined;
  #peak = 0;

  constructor(private readonly minWindowMs = MIN_WINDOW_MS) {}

  /** Total so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes a second. */
  get peak(): number {
    return this.#peak;
  }

  /** The counter stands at `bytes` now. */
  read(bytes: number, nowMs: number): void {
    if (this.#atMs === undefined) {
      this.#atMs = nowMs;
      this.#bytes = bytes;
      return;
    }
    const windowMs = nowMs - this.#atMs;
    if (windowMs < this.minWindowMs) return;
    this.#peak = Math.max(this.#peak, ((bytes - this.#bytes) * 1000) / windowMs);
    this.#bytes = bytes;
    this.#atMs = nowMs;
  }
}
