import { type Heap, type Kernels, tieBreak } from '../kernels/types.js';

/** From so many peers on the kernel ranks: below it, filling its table costs more than the sort. */
export const RANK_KERNEL_MIN = 256;

/** Indices of the `most` largest ranks, largest first; equal ones in the order of tieBreak(index, seed). */
export function rankTop(
  ranks: readonly number[],
  most: number,
  seed: number,
  tables?: { readonly kernels: Kernels; readonly heap: Heap },
): number[] {
  const k = Math.min(most, ranks.length);
  if (k <= 0) return [];
  if (k === 1) return [topOne(ranks, seed)];
  if (!tables || ranks.length < RANK_KERNEL_MIN)
    return [...ranks.keys()]
      .sort((a, b) => ranks[b] - ranks[a] || tieBreak(a, seed) - tieBreak(b, seed) || a - b)
      .slice(0, k);
  const { kernels, heap } = tables;
  const ratesAt = heap.allocate(8 * ranks.length + 4 * k);
  const outAt = ratesAt + 8 * ranks.length;
  new Float64Array(kernels.buffer, ratesAt, ranks.length).set(ranks);
  kernels.rankTop(ratesAt, ranks.length, k, seed, outAt);
  const top = Array.from(new Uint32Array(kernels.buffer, outAt, k));
  heap.free(ratesAt);
  return top;
}

/** A slot that came free goes to one peer: no need to sort. */
function topOne(ranks: readonly number[], seed: number): number {
  let top = 0;
  for (let i = 1; i < ranks.length; i++)
    if (ranks[i] > ranks[top] || (ranks[i] === ranks[top] && tieBreak(i, seed) < tieBreak(top, seed)))
      top = i;
  return top;
}
