/**
 * Water-filling: the level up to which takers, the first `takers` of `limits`, fill the capacity; those with a limit
 * below it get that much. The level is what the others may have each.
 */
export function waterLevel(limits: Float64Array, takers: number, capacity: number): number {
  let level = capacity / takers;
  for (let held = 0; ; ) {
    let heldNow = 0;
    let used = 0;
    for (let taker = 0; taker < takers; taker++) {
      const limit = limits[taker];
      if (limit >= level) continue;
      heldNow++;
      used += limit;
    }
    if (heldNow <= held || heldNow === takers) return level; // fewer: rounding
    held = heldNow;
    level = (capacity - used) / (takers - held);
  }
}
