import type { Rng } from './rng.js';

export interface BackoffOptions {
  /** The first wait. */
  readonly firstMs: number;
  /** No wait is longer. */
  readonly maxMs: number;
  /** Each wait is this many times the one before. Defaults to 2, at least 1. */
  readonly factor?: number;
  /** Share of each wait that is left to luck, 0 to 1, so that many do not return at once. Defaults to 0.25. */
  readonly jitter?: number;
}

/** Waits that grow: `next` after each failure, `reset` after a success. */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #factor: number;
  readonly #jitter: number;
  readonly #rng: Rng;
  #baseMs: number;

  constructor({ firstMs, maxMs, factor = 2, jitter = 0.25 }: BackoffOptions, rng: Rng) {
    if (!(firstMs > 0 && maxMs >= firstMs)) throw new RangeError(`waits of ${firstMs} to ${maxMs} ms`);
    if (!(factor >= 1)) throw new RangeError(`factor is ${factor}, must be at least 1`);
    if (!(jitter >= 0 && jitter <= 1)) throw new RangeError(`jitter is ${jitter}, must be 0 to 1`);
    this.#firstMs = this.#baseMs = firstMs;
    this.#maxMs = maxMs;
    this.#factor = factor;
    this.#jitter = jitter;
    this.#rng = rng;
  }

  /** How long to wait now, in whole milliseconds: the base less at most its share of jitter. */
  next(): number {
    const baseMs = this.#baseMs;
    this.#baseMs = Math.min(this.#maxMs, baseMs * this.#factor);
    return Math.round(baseMs * (1 - this.#jitter * this.#rng.fraction()));
  }

  reset(): void {
    this.#baseMs = this.#firstMs;
  }
}
