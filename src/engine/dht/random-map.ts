import type { Rng } from '../policy/rng.js';

/** A map of which any entry can be drawn by chance in one step. Deleting moves the last entry into the gap. */
export class RandomMap<V> {
  readonly #index = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #values: V[] = [];

  get size(): number {
    return this.#keys.length;
  }

  /** In no order that means anything; not to be changed. */
  get values(): readonly V[] {
    return this.#values;
  }

  get(key: string): V | undefined {
    const at = this.#index.get(key);
    return at === undefined ? undefined : this.#values[at];
  }

  set(key: string, value: V): void {
    const at = this.#index.get(key);
    if (at !== undefined) {
      this.#values[at] = value;
      return;
    }
    this.#index.set(key, this.#keys.length);
    this.#keys.push(key);
    this.#values.push(value);
  }

  delete(key: string): void {
    const at = this.#index.get(key);
    if (at === undefined) return;
    this.#index.delete(key);
    const lastKey = this.#keys.pop()!;
    const last = this.#values.pop()!;
    if (at === this.#keys.length) return;
    this.#keys[at] = lastKey;
    this.#values[at] = last;
    this.#index.set(lastKey, at);
  }

  /** Of entries that are to be deleted, from the last to the first, so that each is asked once. */
  deleteWhere(gone: (value: V, key: string) => boolean): void {
    for (let at = this.#keys.length - 1; at >= 0; at--) {
      if (gone(this.#values[at], this.#keys[at])) this.delete(this.#keys[at]);
    }
  }

  /** The map must not be empty. */
  anyKey(rng: Rng): string {
    return this.#keys[rng.below(this.#keys.length)];
  }

  /**
   * Key of the entry that is worth least among a few drawn by chance: near enough to the least of all, and in the same
   * time however many there are. The map must not be empty.
   */
  leastOfSome(tries: number, rng: Rng, isLess: (a: V, b: V) => boolean): string {
    let least = rng.below(this.#keys.length);
    for (let i = 1; i < tries; i++) {
      const at = rng.below(this.#keys.length);
      if (isLess(this.#values[at], this.#values[least])) least = at;
    }
    return this.#keys[least];
  }
}

/** `count` of the items by chance, each at most once; all of them in any order when there are no more. */
export function sampleOf<T>(items: readonly T[], count: number, rng: Rng): T[] {
  const picked = items.slice();
  const taken = Math.min(count, picked.length);
  for (let i = 0; i < taken; i++) {
    const j = i + rng.below(picked.length - i);
    [picked[i], picked[j]] = [picked[j], picked[i]];
  }
  picked.length = taken;
  return picked;
}
