import { checkPieces } from './checker.js';
import type { Existing } from './initial-check.js';
import type { MemoryBudget } from './memory-budget.js';
import type { Workings } from './workings.js';

/** Checks of one torrent: what is trusted counts as here, what is not is hashed. */
export class Hashing {
  #abort: AbortController | undefined;

  constructor(
    readonly workings: Workings,
    readonly budget: MemoryBudget,
  ) {}

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
    const own = this.#abort.signal;
    try {
      await checkPieces(parts.io, this.budget, pieces, {
        signal: signal === undefined ? own : AbortSignal.any([signal, own]),
        onPiece: (piece, good) => {
          if (!good) return parts.progress.unmark(piece);
          parts.mark(piece);
          proven.push(piece);
        },
      });
    } finally {
      this.#abort = undefined;
    }
  }

  abort(): void {
    this.#abort?.abort();
  }
}
