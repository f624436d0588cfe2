/** Seeded dice: policy never rolls its own, so that a seed reproduces every decision. */
export interface Rng {
  /** Uniform in 0 .. 2^32 - 1. */
  u32(): number;
  /** Uniform in 0 .. bound - 1. `bound` is 1 .. 2^32. */
  below(bound: number): number;
  /** Uniform in [0, 1) with 32 bits. */
  fraction(): number;
}

/** SplitMix32: one 32-bit word of state, full period, good enough for choices and not for secrets. */
export function createRng(seed: number): Rng {
  let state = seed >>> 0;
  const u32 = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  const fraction = () => u32() / 0x1_0000_0000;
  return { u32, fraction, below: bound => Math.floor(fraction() * bound) };
}

/** Fisher-Yates in place. */
export function shuffle<T>(items: T[], rng: Rng): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = rng.below(i + 1);
    [items[i], items[j]] = [items[j], items[i]];
  }
  return items;
}
