export type ProbeResult<T> =
  | { readonly ok: true; readonly value: T }
  /** Why: `ENOSPC`, `timed out`; never where. */
  | { readonly ok: false; readonly reason: string };

export interface ProbeOptions {
  /** Between two tries; whoever asks meanwhile is told of the last. */
  readonly everyMs: number;
  /** A network file system that is gone does not answer, and does not fail either. */
  readonly timeoutMs: number;
  readonly nowMs: () => number;
}

/**
 * Tries something of the system when it is asked to, but not more often than need be, and never while the last try still
 * hangs: each of those holds a thread.
 */
export class Probe<T> {
  readonly #attempt: () => Promise<T>;
  readonly #options: ProbeOptions;
  #startedMs = Number.NEGATIVE_INFINITY;
  #hangs = false;
  #last: Promise<ProbeResult<T>> | undefined;

  constructor(attempt: () => Promise<T>, options: ProbeOptions) {
    this.#attempt = attempt;
    this.#options = options;
  }

  result(): Promise<ProbeResult<T>> {
    const nowMs = this.#options.nowMs();
    const isFresh = nowMs - this.#startedMs < this.#options.everyMs;
    if (this.#last !== undefined && (isFresh || this.#hangs)) return this.#last;
    this.#startedMs = nowMs;
    this.#last = this.#try();
    return this.#last;
  }

  #try(): Promise<ProbeResult<T>> {
    this.#hangs = true;
    return new Promise(resolve => {
      const timer = setTimeout(() => resolve({ ok: false, reason: 'timed out' }), this.#options.timeoutMs);
      this.#attempt()
        .then(
          value => resolve({ ok: true, value }),
          (error: NodeJS.ErrnoException) => resolve({ ok: false, reason: error.code ?? 'failed' }),
        )
        .finally(() => {
          this.#hangs = false;
          clearTimeout(timer);
        });
    });
  }
}
