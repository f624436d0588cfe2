/** Lets at most `width` tasks run at once; the others wait in order. */
export class Turnstile {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(readonly width: number) {}

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.width) this.#running++;
    else await new Promise<void>(resolve => this.#waiting.push(resolve)); // inherits the place of who leaves
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}

/** Runs `task` for every item, `width` at a time; stops taking items at the first failure and throws it. */
export async function forEachLimited<T>(
  items: Iterable<T>,
  width: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let failed = false;
  const lane = async () => {
    for (let next = iterator.next(); !next.done && !failed; next = iterator.next()) {
      try {
        await task(next.value);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: width }, lane));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
