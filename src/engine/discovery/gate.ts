import { aborted } from './tracker-error.js';

/** Lets so many at once do their work; the others wait in the order in which they came. */
export class Gate {
  readonly #limit: number;
  readonly #queue = new Set<() => void>();
  #inside = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws MillraceError ERR_ABORTED when the signal comes before the turn. */
  async run<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (signal?.aborted) throw aborted();
    if (this.#inside >= this.#limit) await this.#turn(signal);
    else this.#inside++;
    try {
      return await work();
    } finally {
      const [next] = this.#queue;
      // The place is handed on, so that nobody slips in between.
      if (next === undefined) this.#inside--;
      else next();
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        leave();
        resolve();
      };
      const abort = () => {
        leave();
        reject(aborted());
      };
      const leave = () => {
        this.#queue.delete(enter);
        signal?.removeEventListener('abort', abort);
      };
      this.#queue.add(enter);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }
}
