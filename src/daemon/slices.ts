import { setImmediate as nextRound } from 'node:timers/promises';

/** Peers and clients wait for so long at most. */
const SLICE_MS = 10;

/** Cuts long work into slices, so that the event loop is held by none of them. */
export class Slices {
  readonly #nowMs: () => number;
  readonly #rest: () => Promise<unknown>;
  #sinceMs: number;

  constructor(nowMs: () => number = () => performance.now(), rest: () => Promise<unknown> = nextRound) {
    this.#nowMs = nowMs;
    this.#rest = rest;
    this.#sinceMs = nowMs();
  }

  /** Between two steps: rests when the slice is used up. */
  async step(): Promise<void> {
    if (this.#nowMs() - this.#sinceMs < SLICE_MS) return;
    await this.#rest();
    this.#sinceMs = this.#nowMs();
  }

  /** All steps of it. */
  async run<T>(steps: Generator<void, T>): Promise<T> {
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      await this.step();
    }
  }
}
