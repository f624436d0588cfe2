import { expandBits } from './lanes';
import { indexOfTie, tieBreak } from './tie';

/**
 * One scan that keeps the k smallest keys (count, then tie) in a heap at `scratchAt`, the largest on top. Once the
 * heap is full a single compare against the top's count rejects eight pieces.
 */
export function pickRarest(
  countsAt: usize,
  peerAt: usize,
  wantedAt: usize,
  busyAt: usize,
  pieces: u32,
  k: u32,
  seed: u32,
  outAt: usize,
  scratchAt: usize,
): u32 {
  if (k == 0) return 0;
  const bytes: usize = (pieces + 7) >>> 3;
  let size: u32 = 0;
  let limit = i16x8.splat(-1);

  for (let base: usize = 0; base < bytes; base += 16) {
    let candidates = v128.and(v128.load(peerAt + base), v128.load(wantedAt + base));
    if (busyAt) candidates = v128.andnot(candidates, v128.load(busyAt + base));
    if (!v128.any_true(candidates)) continue;

    for (let half: usize = 0; half < 16; half += 8) {
      let word = half ? i64x2.extract_lane(candidates, 1) : i64x2.extract_lane(candidates, 0);
      while (word) {
        const shift = ctz<u64>(word) & ~7;
        const byte = <u16>((word >>> shift) & 0xff);
        word &= ~((<u64>0xff) << shift);
        const first = <u32>((base + half) << 3) + <u32>shift;
        const counts = countsAt + ((<usize>first) << 1);
        let lanes = i16x8.bitmask(v128.and(expandBits(byte), i16x8.le_u(v128.load(counts), limit)));
        for (; lanes; lanes &= lanes - 1) {
          const lane = <u32>ctz<i32>(lanes);
          const count = <u64>load<u16>(counts + ((<usize>lane) << 1));
          const key = (count << 32) | <u64>tieBreak(first + lane, seed);
          if (size < k) {
            raise(scratchAt, size++, key);
            if (size < k) continue;
          } else {
            if (key >= load<u64>(scratchAt)) continue;
            sink(scratchAt, k, key);
          }
          limit = i16x8.splat(<i16>(load<u64>(scratchAt) >>> 32));
        }
      }
    }
  }

  for (let left = size; left > 0; ) {
    const top = load<u64>(scratchAt);
    left--;
    store<u32>(outAt + ((<usize>left) << 2), indexOfTie(<u32>top, seed));
    sink(scratchAt, left, load<u64>(scratchAt + ((<usize>left) << 3)));
  }
  return size;
}

/** Puts `key` at the free place `at` of a heap and moves it up. */
function raise(heap: usize, at: u32, key: u64): void {
  while (at > 0) {
    const parent = (at - 1) >>> 1;
    const above = load<u64>(heap + ((<usize>parent) << 3));
    if (above >= key) break;
    store<u64>(heap + ((<usize>at) << 3), above);
    at = parent;
  }
  store<u64>(heap + ((<usize>at) << 3), key);
}

/** Replaces the top of a heap of `size` keys by `key` and moves it down. */
function sink(heap: usize, size: u32, key: u64): void {
  let at: u32 = 0;
  for (let child: u32 = 1; child < size; child = 2 * at + 1) {
    let below = load<u64>(heap + ((<usize>child) << 3));
    if (child + 1 < size) {
      const other = load<u64>(heap + ((<usize>(child + 1)) << 3));
      if (other > below) {
        below = other;
        child++;
      }
    }
    if (below <= key) break;
    store<u64>(heap + ((<usize>at) << 3), below);
    at = child;
  }
  store<u64>(heap + ((<usize>at) << 3), key);
}
