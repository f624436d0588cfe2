/** What has a deadline; `heapAt` belongs to the heap, -1 outside of it. */
export interface Timed {
  heapAt: number;
}

const ARITY = 4;

/** The nearest deadline of many that keep changing: a heap of four children, its keys in one array beside the items. */
export class DeadlineHeap<T extends Timed> {
  #keys = new Float64Array(1024);
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** Infinity when there is none. */
  get nextMs(): number {
    return this.#items.length === 0 ? Number.POSITIVE_INFINITY : this.#keys[0];
  }

  get next(): T {
    return this.#items[0];
  }

  /** Sets or changes the item's deadline. */
  set(item: T, atMs: number): void {
    if (item.heapAt < 0) {
      item.heapAt = this.#items.length;
      this.#items.push(item);
      if (this.#items.length > this.#keys.length) this.#grow();
      this.#keys[item.heapAt] = atMs;
      this.#up(item, atMs);
      return;
    }
    const before = this.#keys[item.heapAt];
    this.#keys[item.heapAt] = atMs;
    if (atMs < before) this.#up(item, atMs);
    else if (atMs > before) this.#down(item, atMs);
  }

  remove(item: T): void {
    const at = item.heapAt;
    if (at < 0) return;
    item.heapAt = -1;
    const last = this.#items.pop()!;
    if (last === item) return;
    const key = this.#keys[this.#items.length];
    const before = this.#keys[at];
    this.#items[at] = last;
    this.#keys[at] = key;
    last.heapAt = at;
    if (key < before) this.#up(last, key);
    else this.#down(last, key);
  }

  #up(item: T, key: number): void {
    const keys = this.#keys;
    const items = this.#items;
    let at = item.heapAt;
    while (at > 0) {
      const parent = ((at - 1) / ARITY) | 0;
      if (key >= keys[parent]) break;
      keys[at] = keys[parent];
      items[at] = items[parent];
      items[at].heapAt = at;
      at = parent;
    }
    keys[at] = key;
    items[at] = item;
    item.heapAt = at;
  }

  #down(item: T, key: number): void {
    const keys = this.#keys;
    const items = this.#items;
    const { length } = items;
    let at = item.heapAt;
    for (;;) {
      const first = ARITY * at + 1;
      if (first >= length) break;
      let least = first;
      const end = Math.min(first + ARITY, length);
      for (let child = first + 1; child < end; child++) if (keys[child] < keys[least]) least = child;
      if (keys[least] >= key) break;
      keys[at] = keys[least];
      items[at] = items[least];
      items[at].heapAt = at;
      at = least;
    }
    keys[at] = key;
    items[at] = item;
    item.heapAt = at;
  }

  #grow(): void {
    const keys = new Float64Array(2 * this.#keys.length);
    keys.set(this.#keys);
    this.#keys = keys;
  }
}
