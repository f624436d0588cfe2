/**
 * Water-filling: the level up to which takers, each with a limit of its own, fill the capacity; those with a limit below
 * it get that much. The level is what the others may have each.
 */
export function waterLevel<T>(takers: readonly T[], capacity: number, limitOf: (taker: T) => number): number {
  let level = capacity / takers.length;
  for (let held = 0; ; ) {
    let heldNow = 0;
    let used = 0;
    for (const taker of takers) {
      const limit = limitOf(taker);
      if (limit >= level) continue;
      heldNow++;
      used += limit;
    }
    if (heldNow <= held || heldNow === takers.length) return level; // fewer: rounding
    held = heldNow;
    level = (capacity - used) / (takers.length - held);
  }
}
