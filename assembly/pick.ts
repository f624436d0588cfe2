import { gatherBits } from './lanes';
import { guessLimit } from './pick-guess';
import { cut, keepUpTo, NO_LIMIT, writeInOrder } from './pick-order';
import { HITS_AT, SPARE_KEYS, STRIP } from './scratch';
import { tieBreak, tiesUpTo } from './tie';

/** Pieces of one word of bitfield: the step of the scan. */
const STEP: u32 = 64;

/** If more pieces of a word than that are rare enough it is faster to hash the ties of all 64 by vectors. */
const MANY: u64 = 12;

/**
 * A key is count * 2^32 + tie; it tells the piece, because tieBreak is one to one. A scan collects the keys up to a
 * limit that a sample suggests; then the k smallest are put in order. A guess that is too high costs little, one that
 * is too low shows by less than k keys: then all pieces are looked at again. No branch hangs on a single key, for at
 * most of them a processor guesses wrong: 6 times as fast as the heap of the js kernel at 16,384 pieces and more
 * (bench/kernels).
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
  const limit = guessLimit(countsAt, peerAt, wantedAt, busyAt, pieces, k, scratchAt);
  let end = collect(countsAt, peerAt, wantedAt, busyAt, pieces, k, seed, limit, scratchAt);
  if (limit != NO_LIMIT && end < scratchAt + ((<usize>k) << 3))
    end = collect(countsAt, peerAt, wantedAt, busyAt, pieces, k, seed, NO_LIMIT, scratchAt);
  return writeInOrder(scratchAt, end, k, seed, outAt);
}

/**
 * Collects keys up to `limit` from `keys` on, the k smallest of them at least; returns where they end. Whenever they
 * fill their place only the smallest stay, and the limit comes down to the largest of those.
 */
function collect(
  countsAt: usize,
  peerAt: usize,
  wantedAt: usize,
  busyAt: usize,
  pieces: u32,
  k: u32,
  seed: u32,
  limit: u64,
  keys: usize,
): usize {
  const full = keys + ((<usize>(2 * k + SPARE_KEYS)) << 3);
  const hits = keys + HITS_AT;
  let end = keys;
  for (let first: u32 = 0; first < pieces; ) {
    // which pieces of each word to look at: bits of a byte are in the order of the wire, piece 0 is bit 7
    let last = hits;
    for (const stop = min(first + STRIP, pieces); first < stop; first += STEP) {
      const at = <usize>(first >>> 3);
      let bits = load<u64>(peerAt + at) & load<u64>(wantedAt + at);
      if (busyAt) bits &= ~load<u64>(busyAt + at);
      if (!bits) continue;
      // counts may end within the last word
      if (first + STEP <= pieces) {
        const counts = countsAt + ((<usize>first) << 1);
        bits &= ~countsAbove(counts, <i32>(limit >>> 32));
        if (popcnt(bits) > MANY) bits &= keysUpTo(counts, first, seed, limit);
      }
      store<u64>(last, bits);
      store<u32>(last, first, 8);
      last += select<usize>(16, 0, bits != 0);
    }

    // piece by piece, whatever word they are of
    let bits = load<u64>(hits);
    for (let hit = hits; hit < last; ) {
      const piece = load<u32>(hit, 8) + (<u32>ctz(bits) ^ 7);
      const count = <u64>load<u16>(countsAt + ((<usize>piece) << 1));
      const key = (count << 32) | <u64>tieBreak(piece, seed);
      store<u64>(end, key);
      end += select<usize>(8, 0, key <= limit);
      if (end == full) {
        limit = cut(keys, end, k);
        end = keepUpTo(limit, keys, end);
      }
      bits &= bits - 1;
      hit += select<usize>(0, 16, bits != 0);
      bits = select<u64>(bits, load<u64>(hit), bits != 0);
    }
  }
  return end;
}

/**
 * Bits, in the order of the wire, of the pieces whose count is above `limit`. Counts are compared as signed, which is
 * one instruction: those from 32768 on are never above, so keys have the last word.
 */
// @ts-ignore: decorator
@inline
function countsAbove(counts: usize, limit: i32): u64 {
  const limits = countLanes(limit);
  return (
    sixteenAbove(counts, limits) |
    (sixteenAbove(counts + 32, limits) << 16) |
    (sixteenAbove(counts + 64, limits) << 32) |
    (sixteenAbove(counts + 96, limits) << 48)
  );
}

// @ts-ignore: decorator
@inline
function sixteenAbove(counts: usize, limits: v128): u64 {
  return gatherBits(i16x8.gt_s(v128.load(counts), limits), i16x8.gt_s(v128.load(counts, 16), limits));
}

// @ts-ignore: decorator
@inline
function countLanes(count: i32): v128 {
  return i16x8.splat(<i16>min<i32>(count, 0x7fff));
}

/**
 * Bits, in the order of the wire, of the pieces that are rarer than the count of `limit` or whose tie may be up to that
 * of it.
 */
// @ts-ignore: decorator
@inline
function keysUpTo(counts: usize, first: u32, seed: u32, limit: u64): u64 {
  return (
    sixteenUpTo(counts, first, seed, limit) |
    (sixteenUpTo(counts + 32, first + 16, seed, limit) << 16) |
    (sixteenUpTo(counts + 64, first + 32, seed, limit) << 32) |
    (sixteenUpTo(counts + 96, first + 48, seed, limit) << 48)
  );
}

function sixteenUpTo(counts: usize, first: u32, seed: u32, limit: u64): u64 {
  const rarer = countLanes(<i32>(limit >>> 32) - 1);
  return (sixteenAbove(counts, rarer) ^ 0xffff) | tiesUpTo(first, seed, <u32>limit);
}
