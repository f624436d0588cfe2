import { checkPieces } from './checker.js';
import type { Existing } from './initial-check.js';
import type { MemoryBudget } from './memory-budget.js';
import type { Workings } from './workings.js';

/** Checks of one torrent: what is trusted counts as here, what is not is hashed. */
export class Hashing {
  #abort: AbortController | undefined;
  #done = 0;
  #total = 0;

  constructor(
    readonly workings: Workings,
    readonly budget: MemoryBudget,
  ) {}

  /** Share of the pieces of the running check that were looked at; 0 before it begins. */
  get progress(): number {
    return this.#total === 0 ? 0 : this.#done / this.#total;
  }

  /** @returns the pieces that had to be hashed and are good */
  async take(existing: Existing): Promise<readonly number[]> {
    const proven: number[] = [];
    if (existing.complete) {
      this.workings.foundComplete();
      return proven;
    }
    const { parts } = this.workings;
    for (const piece of existing.trusted) parts.mark(piece);
    await this.hash(existing.doubtful, proven);
    return proven;
  }

  /** Hashes pieces. Those that are good come into `proven`, also when it is aborted; bad ones no longer count as here. */
  async hash(pieces: Iterable<number>, proven: number[], signal?: AbortSignal): Promise<void> {
    const { parts } = this.workings;
    this.#abort = new AbortController();
    const list = [...pieces];
    this.#total = list.length;
    const own = this.#abort.signal;
    try {
      await checkPieces(parts.io, this.budget, list, {
        signal: signal === undefined ? own : AbortSignal.any([signal, own]),
        onPiece: (piece, good) => {
          this.#done++;
          parts.checked(piece, good);
          if (good) proven.push(piece);
        },
      });
    } finally {
      this.#abort = undefined;
      this.#done = this.#total = 0;
    }
  }

  abort(): void {
    this.#abort?.abort();
  }
}
