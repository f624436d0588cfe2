import { largerReal, largerWhole } from './larger.js';

const ARITY = 4;
const FIRST_ROOM = 1024;

/** The nearest deadline of many numbered items that keep changing: a heap of four children, its keys in one array. */
export class DeadlineHeap {
  #keys = new Float64Array(FIRST_ROOM);
  #items = new Int32Array(FIRST_ROOM);
  /** Where each item is in the heap, and one more: 0 outside of it. */
  #places = new Int32Array(FIRST_ROOM);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Infinity when there is none. */
  get nextMs(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#keys[0];
  }

  get next(): number {
    return this.#items[0];
  }

  /** Sets or changes the item's deadline. */
  set(item: number, atMs: number): void {
    if (item >= this.#places.length) this.#places = largerWhole(this.#places, item + 1);
    const at = this.#places[item] - 1;
    if (at < 0) {
      if (this.#size === this.#keys.length) this.#grow();
      this.#up(this.#size++, item, atMs);
      return;
    }
    const before = this.#keys[at];
    if (atMs < before) this.#up(at, item, atMs);
    else if (atMs > before) this.#down(at, item, atMs);
  }

  remove(item: number): void {
    const at = item < this.#places.length ? this.#places[item] - 1 : -1;
    if (at < 0) return;
    this.#places[item] = 0;
    const end = --this.#size;
    if (at === end) return;
    const key = this.#keys[end];
    if (key < this.#keys[at]) this.#up(at, this.#items[end], key);
    else this.#down(at, this.#items[end], key);
  }

  /** The item belongs at `at`, or nearer to the top. */
  #up(at: number, item: number, key: number): void {
    const keys = this.#keys;
    const items = this.#items;
    while (at > 0) {
      const parent = ((at - 1) / ARITY) | 0;
      if (key >= keys[parent]) break;
      this.#place(at, items[parent], keys[parent]);
      at = parent;
    }
    this.#place(at, item, key);
  }

  /** The item belongs at `at`, or farther from the top. */
  #down(at: number, item: number, key: number): void {
    const keys = this.#keys;
    const items = this.#items;
    const size = this.#size;
    for (;;) {
      const first = ARITY * at + 1;
      if (first >= size) break;
      let least = first;
      const end = Math.min(first + ARITY, size);
      for (let child = first + 1; child < end; child++) if (keys[child] < keys[least]) least = child;
      if (keys[least] >= key) break;
      this.#place(at, items[least], keys[least]);
      at = least;
    }
    this.#place(at, item, key);
  }

  #place(at: number, item: number, key: number): void {
    this.#keys[at] = key;
    this.#items[at] = item;
    this.#places[item] = at + 1;
  }

  #grow(): void {
    this.#keys = largerReal(this.#keys);
    this.#items = largerWhole(this.#items);
  }
}
