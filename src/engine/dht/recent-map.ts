/**
 * What is known of whoever was met lately, bounded however many come: two generations, of which the older one is
 * forgotten as a whole when the younger is full, or old enough. What is looked at in time stays.
 */
export class RecentMap<V> {
  #young = new Map<string, V>();
  #old = new Map<string, V>();
  /** When the younger generation began. */
  #sinceMs = Number.NEGATIVE_INFINITY;

  /**
   * @param generation half of the most that is kept; the last so many are surely there
   * @param lifetimeMs what nobody looked at is kept for so long at least, and for twice as long at most
   */
  constructor(
    readonly generation: number,
    readonly lifetimeMs: number,
  ) {}

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string, nowMs: number): V | undefined {
    this.#age(nowMs);
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.#old.delete(key);
    this.set(key, old, nowMs);
    return old;
  }

  set(key: string, value: V, nowMs: number): void {
    this.#age(nowMs);
    if (this.#young.size >= this.generation && !this.#young.has(key)) this.#turn(nowMs);
    this.#old.delete(key);
    this.#young.set(key, value);
  }

  #age(nowMs: number): void {
    const age = nowMs - this.#sinceMs;
    if (age < this.lifetimeMs) return;
    if (age >= 2 * this.lifetimeMs) this.#young = new Map();
    this.#turn(nowMs);
  }

  #turn(nowMs: number): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#sinceMs = nowMs;
  }
}
