import { Alarm, nowMs } from './clock.js';

interface Entry {
  readonly dueMs: number;
  readonly call: () => void;
  /** Place in the heap; -1 when it is not there any more. */
  at: number;
}

/** Many calls to come and one timer, for the announces of ten thousand torrents. A binary heap, the next call on top. */
export class TimerQueue {
  readonly #heap: Entry[] = [];
  readonly #alarm = new Alarm(() => this.#ring());

  get size(): number {
    return this.#heap.length;
  }

  /** Calls back once after the time. @returns what calls it off */
  set(call: () => void, delayMs: number): () => void {
    const entry = { dueMs: nowMs() + delayMs, call, at: this.#heap.length };
    this.#heap.push(entry);
    this.#rise(entry);
    this.#arm();
    return () => this.#remove(entry);
  }

  #ring(): void {
    const now = nowMs();
    const due: Entry[] = [];
    for (let top = this.#heap[0]; top !== undefined && top.dueMs <= now; top = this.#heap[0]) {
      this.#take(top);
      due.push(top);
    }
    this.#arm();
    for (const { call } of due) call();
  }

  #remove(entry: Entry): void {
    if (entry.at < 0) return;
    this.#take(entry);
    this.#arm();
  }

  #arm(): void {
    this.#alarm.set(this.#heap[0]?.dueMs ?? Number.POSITIVE_INFINITY);
  }

  #take(entry: Entry): void {
    const last = this.#heap.pop()!;
    if (last !== entry) {
      this.#put(last, entry.at);
      this.#rise(last);
      this.#sink(last);
    }
    entry.at = -1;
  }

  #rise(entry: Entry): void {
    for (let parent = (entry.at - 1) >> 1; entry.at > 0; parent = (entry.at - 1) >> 1) {
      const above = this.#heap[parent];
      if (above.dueMs <= entry.dueMs) return;
      this.#put(above, entry.at);
      this.#put(entry, parent);
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const left = this.#heap[2 * entry.at + 1];
      const right = this.#heap[2 * entry.at + 2];
      const sooner = right !== undefined && right.dueMs < left.dueMs ? right : left;
      if (sooner === undefined || sooner.dueMs >= entry.dueMs) return;
      const at = sooner.at;
      this.#put(sooner, entry.at);
      this.#put(entry, at);
    }
  }

  #put(entry: Entry, at: number): void {
    this.#heap[at] = entry;
    entry.at = at;
  }
}
