import { tieBreak } from './tie';

/** The k best so far lie in the output itself, as a heap of indices with the worst on top; then they are sorted. */
export function rankTop(ratesAt: usize, n: u32, k: u32, seed: u32, outAt: usize): void {
  if (k == 0) return;
  for (let i: u32 = 0; i < k; i++) store<u32>(outAt + ((<usize>i) << 2), i);
  for (let i = k >>> 1; i > 0; ) {
    i--;
    sink(ratesAt, seed, outAt, k, i, load<u32>(outAt + ((<usize>i) << 2)));
  }
  for (let i = k; i < n; i++) {
    if (better(ratesAt, seed, i, load<u32>(outAt))) sink(ratesAt, seed, outAt, k, 0, i);
  }
  for (let left = k - 1; left > 0; left--) {
    const last = outAt + ((<usize>left) << 2);
    const index = load<u32>(last);
    store<u32>(last, load<u32>(outAt));
    sink(ratesAt, seed, outAt, left, 0, index);
  }
}

function better(ratesAt: usize, seed: u32, i: u32, j: u32): bool {
  const a = load<f64>(ratesAt + ((<usize>i) << 3));
  const b = load<f64>(ratesAt + ((<usize>j) << 3));
  if (a != b) return a > b;
  return tieBreak(i, seed) < tieBreak(j, seed);
}

/** Puts `index` at place `at` of a heap of `size` indices and moves it down below those that are worse. */
function sink(ratesAt: usize, seed: u32, heap: usize, size: u32, at: u32, index: u32): void {
  for (let child: u32 = 2 * at + 1; child < size; child = 2 * at + 1) {
    let below = load<u32>(heap + ((<usize>child) << 2));
    if (child + 1 < size) {
      const other = load<u32>(heap + ((<usize>(child + 1)) << 2));
      if (better(ratesAt, seed, below, other)) {
        below = other;
        child++;
      }
    }
    if (!better(ratesAt, seed, index, below)) break;
    store<u32>(heap + ((<usize>at) << 2), below);
    at = child;
  }
  store<u32>(heap + ((<usize>at) << 2), index);
}
