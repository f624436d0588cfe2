import type { MemoryBudget } from './memory-budget.js';
import type { PieceIo } from './piece-io.js';
import { throwIfAborted } from './waits.js';

/** Pieces read and hashed at once: enough for whole batches on every worker, little enough memory. */
const MAX_IN_FLIGHT_BYTES = 32 * 1024 * 1024;

export interface CheckOptions {
  readonly signal?: AbortSignal;
  readonly onPiece?: (piece: number, good: boolean) => void;
}

/**
 * Hashes pieces that should be on disk, in order, through the worker pool.
 * @throws MillraceError ERR_STORAGE_* when the disk fails; ERR_ABORTED; ERR_MEMORY_BUDGET never: it waits for a slot
 */
export async function checkPieces(
  io: PieceIo,
  budget: MemoryBudget,
  pieces: Iterable<number>,
  { signal, onPiece }: CheckOptions = {},
): Promise<void> {
  const { pieceLength } = io.table;
  const most = Math.max(1, Math.floor(Math.min(MAX_IN_FLIGHT_BYTES, budget.budgetBytes / 2) / pieceLength));
  const running = new Set<Promise<void>>();
  const checkOne = async (piece: number, at: number) => {
    try {
      onPiece?.(piece, await io.recheck(piece, at));
    } finally {
      budget.release(at);
    }
  };
  try {
    for (const piece of pieces) {
      throwIfAborted(signal);
      let at = budget.allocate(pieceLength);
      while (at < 0 || running.size >= most) {
        await Promise.race(running.size > 0 ? running : [new Promise(resume => setTimeout(resume, 10))]);
        throwIfAborted(signal);
        if (at < 0) at = budget.allocate(pieceLength);
      }
      const task = checkOne(piece, at).finally(() => running.delete(task));
      running.add(task);
      task.catch(() => {});
    }
    await Promise.all(running);
    throwIfAborted(signal);
  } finally {
    await Promise.allSettled(running);
  }
}

export function* allPieces(count: number): Iterable<number> {
  for (let piece = 0; piece < count; piece++) yield piece;
}

/** Indices of the bits that are set. */
export function* piecesIn(bits: Uint8Array, count: number): Iterable<number> {
  for (let piece = 0; piece < count; piece++) if (bits[piece >>> 3] & (0x80 >>> (piece & 7))) yield piece;
}
