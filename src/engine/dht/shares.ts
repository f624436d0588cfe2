import { isUnlimited, visitorOf } from './visitor.js';

/** How much of a store each visitor has filled, so that nobody fills all of it. */
export class Shares {
  readonly #held = new Map<string, number>();

  /** @param most Entries that one visitor may have; who comes from a local network may have any number. */
  constructor(readonly most: number) {}

  get size(): number {
    return this.#held.size;
  }

  hasRoom(host: string): boolean {
    return (this.#held.get(visitorOf(host)) ?? 0) < this.most || isUnlimited(host);
  }

  take(host: string): void {
    const visitor = visitorOf(host);
    this.#held.set(visitor, (this.#held.get(visitor) ?? 0) + 1);
  }

  giveBack(host: string): void {
    const visitor = visitorOf(host);
    const left = (this.#held.get(visitor) ?? 0) - 1;
    if (left > 0) this.#held.set(visitor, left);
    else this.#held.delete(visitor);
  }
}
