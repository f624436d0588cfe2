/** The only clock of the engine: milliseconds that never go back. Everything below the session gets the time told. */
export function nowMs(): number {
  return performance.now();
}

/** Longest delay that a timer takes (2^31 - 1 ms); a later alarm is set again on the way. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** One timer that is moved about. It never keeps the process alive by itself: open sockets do. */
export class Alarm {
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(readonly ring: () => void) {}

  /** Rings at this time; Infinity silences it. Setting it to the time it has costs nothing. */
  set(dueMs: number): void {
    if (dueMs === this.#dueMs) return;
    this.clear();
    if (dueMs === Number.POSITIVE_INFINITY) return;
    this.#dueMs = dueMs;
    const delay = Math.min(Math.max(0, Math.ceil(dueMs - nowMs())), MAX_DELAY_MS);
    this.#timer = setTimeout(() => {
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.#timer = undefined;
      this.ring();
    }, delay);
    this.#timer.unref();
  }

  /** Rings at this time unless it is to ring earlier. */
  setNoLater(dueMs: number): void {
    if (dueMs < this.#dueMs) this.set(dueMs);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }
}
