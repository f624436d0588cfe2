/** First announces that go out at once, and how fast the others follow: Transmission's 20 in 500 ms. */
const AT_ONCE = 20;
const GAP_MS = 500 / 20;

/** Spreads the first announces of many torrents that start together, so that their next ones do not come together either. */
export class StartSpread {
  readonly #rng: { fraction(): number };
  /** When the next one would have its turn if none were let out at once. */
  #turnMs = Number.NEGATIVE_INFINITY;

  constructor(rng: { fraction(): number }) {
    this.#rng = rng;
  }

  /** How long a torrent that starts now waits. */
  delayMs(nowMs: number): number {
    this.#turnMs = Math.max(this.#turnMs + GAP_MS, nowMs - (AT_ONCE - 1) * GAP_MS);
    const waitMs = this.#turnMs - nowMs;
    return waitMs <= 0 ? 0 : waitMs + GAP_MS * this.#rng.fraction();
  }
}
