/** A line of a fixed rate that carries one thing after another. */
export class Pipe {
  /** When what was put on it last has passed. */
  freeMs = 0;

  /** Infinity carries everything at once. */
  constructor(readonly bytesPerSecond: number) {
    if (!(bytesPerSecond > 0)) throw new RangeError(`rate is ${bytesPerSecond}, must be above 0`);
  }

  /** @returns when the last of these bytes has passed */
  take(bytes: number, nowMs: number): number {
    this.freeMs = Math.max(this.freeMs, nowMs) + (bytes * 1000) / this.bytesPerSecond;
    return this.freeMs;
  }
}
