import type { WorkerPool } from '../../workers/pool.js';
import type { MemoryBudget } from './memory-budget.js';
import { throwIfAborted } from './waits.js';

const KiB = 1024;
const MiB = 1024 * KiB;

/** What a worker hashes at a time: 2 ms of work against 0.1 ms to hand it over. */
const RUN_BYTES = 4 * MiB;
/** On the event loop a run is what may block it: about 1 ms. */
const INLINE_RUN_BYTES = MiB;

/** One run is hashed, one waits in the worker's port. */
const RUNS_PER_WORKER = 2;

/** Pieces are read so many bytes at a time, or as many of them as SIMD hashes side by side. */
const SLOT_BYTES = 256 * KiB;
const LANES = 4;

/** Slots of all runs together. */
const MAX_SLOTS_BYTES = 32 * MiB;

/** How soon to ask again for memory that others have. */
const RETRY_MS = 10;

/** Pieces that follow each other, and a slot that holds some of them. */
export interface PieceRun {
  readonly first: number;
  readonly count: number;
  readonly at: number;
  readonly slotBytes: number;
}

export interface PieceRunsOptions {
  readonly pieceLength: number;
  readonly pool: WorkerPool;
  readonly budget: MemoryBudget;
  readonly signal?: AbortSignal;
}

/**
 * Does `work` for all pieces: runs of them in order, as many at once as keep the workers busy. Slots are few and small,
 * as memory is slow when it is touched for the first time: 0.25 to 0.5 GB/s on a virtual machine.
 *
 * @throws what `work` throws, when all that had begun has ended; ERR_ABORTED; ERR_MEMORY_BUDGET never: it waits
 */
export async function forEachRun(
  pieces: Iterable<number>,
  { pieceLength, pool, budget, signal }: PieceRunsOptions,
  work: (run: PieceRun) => Promise<void>,
): Promise<void> {
  const { slotBytes, runPieces, most } = plan(pieceLength, pool.stats().workers, budget.budgetBytes);
  const running = new Set<Promise<void>>();
  const start = (run: PieceRun) => {
    const task = work(run).finally(() => {
      budget.release(run.at);
      running.delete(task);
    });
    task.catch(() => {});
    running.add(task);
  };
  try {
    for (const { first, count } of consecutive(pieces, runPieces)) {
      throwIfAborted(signal);
      if (running.size >= most) await Promise.race(running);
      throwIfAborted(signal);
      const slot = await allocate(budget, [slotBytes, pieceLength], running, signal);
      start({ first, count, ...slot });
    }
    await Promise.all(running);
    throwIfAborted(signal);
  } finally {
    await Promise.allSettled(running);
  }
}

function plan(pieceLength: number, workers: number, budgetBytes: number) {
  const runs = Math.max(1, workers * RUNS_PER_WORKER);
  const room = Math.min(budgetBytes / 2, Math.max(MAX_SLOTS_BYTES, workers * pieceLength));
  const wanted = Math.max(SLOT_BYTES, LANES * pieceLength);
  const slotPieces = atLeastOne(Math.min(wanted, room / runs) / pieceLength);
  const slotBytes = slotPieces * pieceLength;
  const runBytes = workers === 0 ? INLINE_RUN_BYTES : RUN_BYTES;
  return {
    slotBytes,
    runPieces: Math.max(slotPieces, atLeastOne(runBytes / pieceLength)),
    most: atLeastOne(Math.min(runs, room / slotBytes)),
  };
}

function atLeastOne(count: number): number {
  return Math.max(1, Math.floor(count));
}

/** The first of the sizes that there is room for; when all memory is in use, waits for some. */
async function allocate(
  budget: MemoryBudget,
  sizes: readonly number[],
  running: ReadonlySet<Promise<void>>,
  signal: AbortSignal | undefined,
): Promise<{ at: number; slotBytes: number }> {
  for (;;) {
    for (const slotBytes of sizes) {
      const at = budget.allocate(slotBytes);
      if (at >= 0) return { at, slotBytes };
    }
    await Promise.race(running.size > 0 ? running : [new Promise(retry => setTimeout(retry, RETRY_MS))]);
    throwIfAborted(signal);
  }
}

/** Numbers that follow each other, at most so many together. */
function* consecutive(pieces: Iterable<number>, most: number): Iterable<{ first: number; count: number }> {
  let first = 0;
  let count = 0;
  for (const piece of pieces) {
    if (count === most || (count > 0 && piece !== first + count)) {
      yield { first, count };
      count = 0;
    }
    if (count === 0) first = piece;
    count++;
  }
  if (count > 0) yield { first, count };
}
