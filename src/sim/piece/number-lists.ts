import { largerWhole } from './larger.js';

const FIRST_ROOM = 8;
const FIRST_LISTS = 64;

/**
 * Many short lists of numbers in one array, so that reading one costs a line of cache or two. Read it as
 * `items[start(list)]` up to `items[start(list) + length(list) - 1]`; what is added may move the items of all lists.
 */
export class NumberLists {
  items: Int32Array<ArrayBuffer>;
  /** Of each list: where it starts, its length, and the room it has. */
  #heads: Int32Array<ArrayBuffer>;
  #used = 0;

  constructor(lists = FIRST_LISTS) {
    this.items = new Int32Array(lists * FIRST_ROOM);
    this.#heads = new Int32Array(3 * lists);
  }

  start(list: number): number {
    return this.#heads[3 * list];
  }

  length(list: number): number {
    const at = 3 * list + 1;
    return at < this.#heads.length ? this.#heads[at] : 0;
  }

  push(list: number, item: number): void {
    if (3 * list >= this.#heads.length) this.#heads = largerWhole(this.#heads, 3 * list + 3);
    const heads = this.#heads;
    const at = 3 * list;
    const length = heads[at + 1];
    if (length === heads[at + 2]) this.#move(at, length === 0 ? FIRST_ROOM : 2 * length);
    this.items[heads[at] + length] = item;
    heads[at + 1] = length + 1;
  }

  /** The last one takes its place. */
  drop(list: number, item: number): void {
    const { items } = this;
    const at = this.#heads[3 * list];
    const last = at + --this.#heads[3 * list + 1];
    let place = at;
    while (items[place] !== item) place++;
    items[place] = items[last];
  }

  /** Those behind it move up. */
  take(list: number, item: number): void {
    const { items } = this;
    let place = this.#heads[3 * list];
    const last = place + --this.#heads[3 * list + 1];
    while (items[place] !== item) place++;
    for (; place < last; place++) items[place] = items[place + 1];
  }

  clear(list: number): void {
    this.#heads[3 * list + 1] = 0;
  }

  /** A copy, for those who are in no hurry. */
  of(list: number): number[] {
    const start = this.start(list);
    return Array.from(this.items.subarray(start, start + this.length(list)));
  }

  /** The list at `at` goes to the end, where it has that much room. Rooms double, so all that are left are as large as those in use. */
  #move(at: number, room: number): void {
    const [start, length] = this.#heads.subarray(at, at + 2);
    if (this.#used + room > this.items.length) this.items = largerWhole(this.items, this.#used + room);
    this.items.copyWithin(this.#used, start, start + length);
    this.#heads[at] = this.#used;
    this.#heads[at + 2] = room;
    this.#used += room;
  }
}
