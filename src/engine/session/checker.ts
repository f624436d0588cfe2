import type { MemoryBudget } from './memory-budget.js';
import type { PieceIo } from './piece-io.js';
import { forEachRun } from './piece-runs.js';

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
  await forEachRun(pieces, { pieceLength, pool: io.pool, budget, signal }, async run => {
    const good = await io.recheck(run);
    good.forEach((isGood, i) => {
      onPiece?.(run.first + i, isGood);
    });
  });
}

export function* allPieces(count: number): Iterable<number> {
  for (let piece = 0; piece < count; piece++) yield piece;
}

/** Indices of the bits that are set. */
export function* piecesIn(bits: Uint8Array, count: number): Iterable<number> {
  for (let piece = 0; piece < count; piece++) if (bits[piece >>> 3] & (0x80 >>> (piece & 7))) yield piece;
}
