import { BLOCK_AT, BLOCK_KEYS } from './scratch';
import { indexOfTie } from './tie';

/** The largest key. */
export const NO_LIMIT: u64 = 0xffff_ffff_ffff;

/** A block that is put in order has so many keys and up to SLACK more: a cut need not hit the number. */
const BLOCK: u32 = 64;
const SLACK: u32 = BLOCK_KEYS - BLOCK;

/**
 * Writes the pieces of the `k` smallest of the keys from `keys` to `end`, smallest key first: block by block, each the
 * smallest of what is left. In a block the place of a key is the number of those below it: quadratic, but without a
 * branch that hangs on the keys.
 * @returns how many were written
 */
export function writeInOrder(keys: usize, end: usize, k: u32, seed: u32, outAt: usize): u32 {
  const block = keys + BLOCK_AT;
  const size = min(k, <u32>((end - keys) >>> 3));
  for (let done: u32 = 0; done < size; ) {
    const limit = cut(keys, end, min(size - done, BLOCK));
    let blockEnd = block;
    let rest = keys;
    for (let at = keys; at < end; at += 8) {
      const key = load<u64>(at);
      store<u64>(blockEnd, key);
      store<u64>(rest, key);
      blockEnd += select<usize>(8, 0, key <= limit);
      rest += select<usize>(0, 8, key <= limit);
    }
    end = rest;
    rank(block, blockEnd, size - done, seed, outAt + ((<usize>done) << 2));
    done += <u32>((blockEnd - block) >>> 3);
  }
  return size;
}

/** Writes the piece of each key to its place, if that is below `room`. */
function rank(block: usize, end: usize, room: u32, seed: u32, outAt: usize): void {
  for (let at = block; at < end; at += 64) {
    const keys0 = v128.load(at);
    const keys1 = v128.load(at, 16);
    const keys2 = v128.load(at, 32);
    const keys3 = v128.load(at, 48);
    let places0 = i64x2.splat(0);
    let places1 = i64x2.splat(0);
    let places2 = i64x2.splat(0);
    let places3 = i64x2.splat(0);
    for (let other = block; other < end; other += 8) {
      const key = v128.load64_splat(other);
      places0 = i64x2.sub(places0, i64x2.gt_s(keys0, key));
      places1 = i64x2.sub(places1, i64x2.gt_s(keys1, key));
      places2 = i64x2.sub(places2, i64x2.gt_s(keys2, key));
      places3 = i64x2.sub(places3, i64x2.gt_s(keys3, key));
    }
    put(at, end, i64x2.extract_lane(places0, 0), room, seed, outAt);
    put(at + 8, end, i64x2.extract_lane(places0, 1), room, seed, outAt);
    put(at + 16, end, i64x2.extract_lane(places1, 0), room, seed, outAt);
    put(at + 24, end, i64x2.extract_lane(places1, 1), room, seed, outAt);
    put(at + 32, end, i64x2.extract_lane(places2, 0), room, seed, outAt);
    put(at + 40, end, i64x2.extract_lane(places2, 1), room, seed, outAt);
    put(at + 48, end, i64x2.extract_lane(places3, 0), room, seed, outAt);
    put(at + 56, end, i64x2.extract_lane(places3, 1), room, seed, outAt);
  }
}

// @ts-ignore: decorator
@inline
function put(at: usize, end: usize, place: u64, room: u32, seed: u32, outAt: usize): void {
  if (at < end && place < <u64>room) store<u32>(outAt + ((<usize>place) << 2), indexOfTie(load<u32>(at), seed));
}

/** A limit that `wanted` to `wanted` + SLACK of the keys are not above; NO_LIMIT if there are no more keys. */
export function cut(keys: usize, end: usize, wanted: u32): u64 {
  const size = <u32>((end - keys) >>> 3);
  if (size <= wanted + SLACK) return NO_LIMIT;
  // the last vectors are filled up with keys that no limit reaches
  v128.store(end, i64x2.splat(i64.MAX_VALUE));
  v128.store(end, i64x2.splat(i64.MAX_VALUE), 16);
  let least = v128.load(keys);
  let most = least;
  for (let at = keys; at < end; at += 16) {
    const some = v128.load(at);
    least = v128.bitselect(some, least, i64x2.gt_s(least, some));
    most = v128.bitselect(some, most, i64x2.gt_s(some, most));
  }
  let low = min(i64x2.extract_lane(least, 0), i64x2.extract_lane(least, 1));
  let high = min(max(i64x2.extract_lane(most, 0), i64x2.extract_lane(most, 1)), NO_LIMIT);
  let limit: u64 = NO_LIMIT;
  while (low <= high) {
    limit = (low + high) >>> 1;
    const found = countUpTo(keys, end, limit);
    if (found < wanted) low = limit + 1;
    else if (found > wanted + SLACK) high = limit - 1;
    else break;
  }
  return limit;
}

/** How many of the keys are not above `limit`. */
function countUpTo(keys: usize, end: usize, limit: u64): u32 {
  const limits = i64x2.splat(limit);
  let even = i64x2.splat(0);
  let odd = i64x2.splat(0);
  let at = keys;
  for (; at < end; at += 32) {
    even = i64x2.add(even, i64x2.gt_s(v128.load(at), limits));
    odd = i64x2.add(odd, i64x2.gt_s(v128.load(at, 16), limits));
  }
  const above = i64x2.add(even, odd);
  return <u32>((<i64>((at - keys) >>> 3)) + i64x2.extract_lane(above, 0) + i64x2.extract_lane(above, 1));
}

/** Leaves the keys that are not above `limit`; returns where they end. */
export function keepUpTo(limit: u64, keys: usize, end: usize): usize {
  let kept = keys;
  for (let at = keys; at < end; at += 8) {
    const key = load<u64>(at);
    store<u64>(kept, key);
    kept += select<usize>(8, 0, key <= limit);
  }
  return kept;
}
