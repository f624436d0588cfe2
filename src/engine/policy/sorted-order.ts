/** Between two yields: well below a millisecond. */
const STEPS = 4096;

/**
 * The indexes 0 to `count` - 1 in order, those of equal things as they were. A merge sort that yields every few thousand
 * steps, so that whoever runs it decides when others have their turn.
 */
export function* sortedOrder(
  count: number,
  isAfter: (a: number, b: number) => boolean,
): Generator<void, Uint32Array> {
  let from = new Uint32Array(count);
  let to = new Uint32Array(count);
  for (let i = 0; i < count; i++) from[i] = i;
  let steps = 0;
  for (let width = 1; width < count; width *= 2) {
    for (let start = 0; start < count; start += 2 * width) {
      const middle = Math.min(start + width, count);
      const end = Math.min(start + 2 * width, count);
      let left = start;
      let right = middle;
      for (let at = start; at < end; at++) {
        const takeRight = left === middle || (right < end && isAfter(from[left], from[right]));
        to[at] = from[takeRight ? right++ : left++];
        if (++steps % STEPS === 0) yield;
      }
    }
    [from, to] = [to, from];
  }
  return from;
}
