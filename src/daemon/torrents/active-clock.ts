/** A running daemon says so often that it is alive: what a crash may cost of the time that torrents have seeded. */
const BEAT_MS = 60_000;

export interface ActiveClockOptions {
  /** Seconds of earlier runs. */
  readonly earlier: number;
  readonly nowMs: () => number;
}

/**
 * Seconds that the daemon has run, over all its runs: it stands still while the daemon does. The begin of a torrent's
 * phase is told by it, so that nothing is to be written for a phase that goes on, nor when the daemon ends.
 */
export class ActiveClock {
  readonly #startedMs: number;

  constructor(readonly options: ActiveClockOptions) {
    this.#startedMs = options.nowMs();
  }

  get seconds(): number {
    return this.options.earlier + this.thisRun;
  }

  get thisRun(): number {
    return (this.options.nowMs() - this.#startedMs) / 1000;
  }

  /** Calls every minute, until the returned function is called. */
  beat(call: () => void): () => void {
    const timer = setInterval(call, BEAT_MS).unref();
    return () => clearInterval(timer);
  }
}
