import { expandBits } from './lanes';
import { NO_LIMIT } from './pick-order';

/** A guess looks at so many bytes of the bitfields, spread evenly: 1024 pieces. */
const SAMPLE: u32 = 128;

/**
 * A key that probably k candidates or more are not above, and not many more; the largest when there are few. Its count
 * is that of a candidate of the sample. Ties are spread evenly: how many share this count says which part of them will
 * do.
 */
export function guessLimit(
  countsAt: usize,
  peerAt: usize,
  wantedAt: usize,
  busyAt: usize,
  pieces: u32,
  k: u32,
  sampleAt: usize,
): u64 {
  const bytes = (pieces + 7) >>> 3;
  const taken = min(bytes, SAMPLE);
  // 32 bits behind the point
  const step = ((<u64>bytes) << 32) / <u64>max<u32>(taken, 1);
  let end = sampleAt;
  let candidates: u32 = 0;
  let least = i16x8.splat(-1);
  let most = i16x8.splat(0);
  for (let i: u64 = 0; i < <u64>taken; i++) {
    const at = <usize>((i * step) >>> 32);
    let bits = <u32>load<u8>(peerAt + at) & <u32>load<u8>(wantedAt + at);
    if (busyAt) bits &= ~(<u32>load<u8>(busyAt + at));
    if (!bits) continue;
    candidates += popcnt(bits);
    const chosen = expandBits(<u16>bits);
    const counts = v128.load(countsAt + (at << 4));
    const sample = v128.or(counts, v128.not(chosen));
    least = i16x8.min_u(least, sample);
    most = i16x8.max_u(most, v128.and(counts, chosen));
    v128.store(end, sample);
    end += 16;
  }
  // the guess is too low if so many of the sample are among the k smallest: one time of fifty at most, by the Poisson
  // distribution
  const rank = ((k + (k >>> 2)) * taken) / max<u32>(bytes, 1) + 5;
  if (candidates <= rank) return NO_LIMIT;

  // the smallest count that `rank` candidates of the sample are not above
  let low = lowest(least);
  let high: u32 = 0xffff - lowest(v128.not(most));
  let below: u32 = 0;
  let upTo = candidates;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const size = countUpTo(sampleAt, end, middle);
    if (size >= rank) {
      high = middle;
      upTo = size;
    } else {
      low = middle + 1;
      below = size;
    }
  }
  const tie = ((<u64>(rank - below)) << 32) / <u64>(upTo - below) - 1;
  return ((<u64>low) << 32) | tie;
}

/** How many of the counts are not above `limit`. */
function countUpTo(at: usize, end: usize, limit: u32): u32 {
  const limits = i16x8.splat(<i16>limit);
  let sums = i16x8.splat(0);
  for (; at < end; at += 16) sums = i16x8.sub(sums, i16x8.le_u(v128.load(at), limits));
  const pairs = i32x4.extadd_pairwise_i16x8_s(sums);
  return (
    i32x4.extract_lane(pairs, 0) +
    i32x4.extract_lane(pairs, 1) +
    i32x4.extract_lane(pairs, 2) +
    i32x4.extract_lane(pairs, 3)
  );
}

/** The smallest of eight unsigned lanes. */
function lowest(lanes: v128): u32 {
  lanes = i16x8.min_u(lanes, v128.shuffle<u16>(lanes, lanes, 4, 5, 6, 7, 0, 1, 2, 3));
  lanes = i16x8.min_u(lanes, v128.shuffle<u16>(lanes, lanes, 2, 3, 0, 1, 6, 7, 4, 5));
  lanes = i16x8.min_u(lanes, v128.shuffle<u16>(lanes, lanes, 1, 0, 3, 2, 5, 4, 7, 6));
  return i16x8.extract_lane_u(lanes, 0);
}
