import { reverseBits } from './lanes';
import { indexOfTie, tieBreak, tieBreaks } from './tie';

/** Pieces of one vector of bitfield: the step of a scan. */
const STEP: usize = 16;

/** A guess looks at so many vectors of the bitfields, spread evenly: 1024 pieces. */
const SAMPLE: usize = 8;

/**
 * Keeps the k smallest keys (count, then tie) in a heap at `scratchAt`, the largest on top, and lets it see few pieces:
 * a sample tells which count some 2 k pieces will not exceed, and 16 counts are compared with that at a time. A guess
 * that was too low shows by less than k pieces; then all are looked at again. Twice as fast at 16,384 pieces as
 * without the guess (bench/kernels).
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
  const vectors: usize = (((pieces + 7) >>> 3) + 15) >>> 4;
  let limit: u32 = 0xffff;
  if (vectors >= 4 * SAMPLE) {
    const stride = vectors / SAMPLE;
    const most: u32 = (k + (k >>> 1)) / <u32>stride + 6;
    if (most < k && scan(countsAt, peerAt, wantedAt, busyAt, vectors, stride, limit, most, seed, scratchAt) == most)
      limit = <u32>(load<u64>(scratchAt) >>> 32);
  }
  let size = scan(countsAt, peerAt, wantedAt, busyAt, vectors, 1, limit, k, seed, scratchAt);
  if (size < k && limit < 0xffff)
    size = scan(countsAt, peerAt, wantedAt, busyAt, vectors, 1, 0xffff, k, seed, scratchAt);

  for (let left = size; left > 0; ) {
    const top = load<u64>(scratchAt);
    left--;
    store<u32>(outAt + ((<usize>left) << 2), indexOfTie(<u32>top, seed));
    sink(scratchAt, left, load<u64>(scratchAt + ((<usize>left) << 3)));
  }
  return size;
}

/** Puts the `k` smallest keys of every `stride`th vector on the heap, none with a count above `limit`. */
function scan(
  countsAt: usize,
  peerAt: usize,
  wantedAt: usize,
  busyAt: usize,
  vectors: usize,
  stride: usize,
  limit: u32,
  k: u32,
  seed: u32,
  heap: usize,
): u32 {
  let size: u32 = 0;
  let limits = i16x8.splat(<i16>limit);
  for (let at: usize = 0; at < vectors * STEP; at += stride * STEP) {
    let candidates = v128.and(v128.load(peerAt + at), v128.load(wantedAt + at));
    if (busyAt) candidates = v128.andnot(candidates, v128.load(busyAt + at));
    if (!v128.any_true(candidates)) continue;
    candidates = reverseBits(candidates);

    for (let half: usize = 0; half < 2; half++) {
      let word = half ? i64x2.extract_lane(candidates, 1) : i64x2.extract_lane(candidates, 0);
      for (let first = <u32>((at + 8 * half) << 3); word; word = <i64>((<u64>word) >>> 16), first += 16) {
        const counts = countsAt + ((<usize>first) << 1);
        const low = i16x8.le_u(v128.load(counts), limits);
        const high = i16x8.le_u(v128.load(counts, 16), limits);
        let lanes = i8x16.bitmask(i8x16.narrow_i16x8_s(low, high)) & <i32>word;
        if (size == k && lanes & (lanes - 1)) lanes &= beatsTie(counts, first, seed, load<u64>(heap));
        for (; lanes; lanes &= lanes - 1) {
          const lane = <u32>ctz<i32>(lanes);
          const count = <u64>load<u16>(counts + ((<usize>lane) << 1));
          const key = (count << 32) | <u64>tieBreak(first + lane, seed);
          if (size < k) {
            raise(heap, size++, key);
            if (size < k) continue;
          } else {
            if (key >= load<u64>(heap)) continue;
            sink(heap, k, key);
          }
          limits = i16x8.splat(<i16>(load<u64>(heap) >>> 32));
        }
      }
    }
  }
  return size;
}

/**
 * Of 16 pieces those that are rarer than the top of the heap, or as rare and before it by tie: where a whole swarm has
 * one source all counts are equal, and hashing them one by one would be all the work.
 */
function beatsTie(counts: usize, first: u32, seed: u32, top: u64): i32 {
  const limit = i16x8.splat(<i16>(top >>> 32));
  const tie = i32x4.splat(<i32>top);
  const equal = i8x16.narrow_i16x8_s(
    i16x8.eq(v128.load(counts), limit),
    i16x8.eq(v128.load(counts, 16), limit),
  );
  const before = i8x16.narrow_i16x8_s(
    i16x8.narrow_i32x4_s(
      i32x4.lt_u(tieBreaks(first, seed), tie),
      i32x4.lt_u(tieBreaks(first + 4, seed), tie),
    ),
    i16x8.narrow_i32x4_s(
      i32x4.lt_u(tieBreaks(first + 8, seed), tie),
      i32x4.lt_u(tieBreaks(first + 12, seed), tie),
    ),
  );
  return i8x16.bitmask(v128.or(v128.not(equal), before));
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

/**
 * Replaces the top of a heap of `size` keys by `key` and moves it down. Which child is larger is a coin toss: selected,
 * not branched on. The place behind the last key is free to hold a 0, the smallest key, so that every child has a twin.
 */
function sink(heap: usize, size: u32, key: u64): void {
  const end = heap + ((<usize>size) << 3);
  store<u64>(end, 0);
  let at = heap;
  let child = heap + 8;
  while (child < end) {
    const left = load<u64>(child);
    const right = load<u64>(child, 8);
    const larger = select<u64>(right, left, right > left);
    if (larger <= key) break;
    child += select<usize>(8, 0, right > left);
    store<u64>(at, larger);
    at = child;
    child = heap + ((child - heap) << 1) + 8;
  }
  store<u64>(at, key);
}
