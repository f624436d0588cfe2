import { type Kernels, tieBreak } from './types.js';

/** The k best so far lie in the output itself, as a heap of indices with the worst on top; then they are sorted. */
export function createJsRank(buffer: ArrayBufferLike): Kernels['rankTop'] {
  const rates = new Float64Array(buffer, 0, buffer.byteLength >>> 3);
  const heap = new Uint32Array(buffer, 0, buffer.byteLength >>> 2);

  const better = (rate0: number, seed: number, i: number, j: number) => {
    const a = rates[rate0 + i];
    const b = rates[rate0 + j];
    return a === b ? tieBreak(i, seed) < tieBreak(j, seed) : a > b;
  };

  /** Puts `index` at place `at` of a heap of `size` indices and moves it down below those that are worse. */
  const sink = (rate0: number, seed: number, top: number, size: number, at: number, index: number) => {
    for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && better(rate0, seed, heap[top + child], heap[top + child + 1])) child++;
      if (!better(rate0, seed, index, heap[top + child])) break;
      heap[top + at] = heap[top + child];
      at = child;
    }
    heap[top + at] = index;
  };

  return (ratesAt, n, k, seed, outAt) => {
    if (k === 0) return;
    const rate0 = ratesAt >>> 3;
    const top = outAt >>> 2;
    for (let i = 0; i < k; i++) heap[top + i] = i;
    for (let i = (k >>> 1) - 1; i >= 0; i--) sink(rate0, seed, top, k, i, heap[top + i]);
    for (let i = k; i < n; i++) if (better(rate0, seed, i, heap[top])) sink(rate0, seed, top, k, 0, i);
    for (let left = k - 1; left > 0; left--) {
      const index = heap[top + left];
      heap[top + left] = heap[top];
      sink(rate0, seed, top, left, 0, index);
    }
  };
}
