interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** More events than this in one moment are a loop that takes no time: no swarm of a simulation has so much to do at once. */
const MAX_EVENTS_PER_MOMENT = 100_000;

/** Virtual time: events run by time, those of one moment in the order in which they were made. No timer, no clock. */
export class VirtualClock {
  #nowMs = 0;
  #made = 0;
  #inMoment = 0;
  /** Binary heap, the nearest event first. */
  readonly #heap: Entry[] = [];

  constructor(readonly maxEventsPerMoment = MAX_EVENTS_PER_MOMENT) {}

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Time of the nearest event; Infinity when there is none. */
  get nextMs(): number {
    return this.#heap.length === 0 ? Number.POSITIVE_INFINITY : this.#heap[0].atMs;
  }

  /** Something outside of the clock's events happens at that time. */
  advance(toMs: number): void {
    if (toMs > this.nextMs) throw new RangeError(`an event at ${this.nextMs} ms comes before ${toMs} ms`);
    if (toMs > this.#nowMs) this.#inMoment = 0;
    this.#nowMs = Math.max(this.#nowMs, toMs);
  }

  /** A time in the past means now. */
  at(atMs: number, run: () => void): void {
    if (!(atMs < Number.POSITIVE_INFINITY)) throw new RangeError(`event at ${atMs} ms`);
    this.#push({ atMs: Math.max(atMs, this.#nowMs), order: this.#made++, run });
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.#nowMs + delayMs, run);
  }

  /** Runs the nearest event up to `untilMs`. @returns false when there is none */
  step(untilMs = Number.POSITIVE_INFINITY): boolean {
    const [nearest] = this.#heap;
    if (nearest === undefined || nearest.atMs > untilMs) return false;
    this.#pop();
    if (nearest.atMs > this.#nowMs) this.#inMoment = 0;
    if (++this.#inMoment > this.maxEventsPerMoment)
      throw new Error(`${this.#inMoment} events at ${this.#nowMs} ms`);
    this.#nowMs = nearest.atMs;
    nearest.run();
    return true;
  }

  /** Runs all events up to `untilMs`, which is the time then. */
  runUntil(untilMs: number): void {
    while (this.step(untilMs));
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!before(entry, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const entry = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
      if (!before(heap[child], entry)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = entry;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
