/** How many packets are read in each stretch of time: of one sender, and of all. */
export class SenderLimit {
  readonly #counts = new Map<string, number>();
  #total = 0;
  #endMs = 0;

  constructor(
    readonly perSender: number,
    /** Bounds the memory too. */
    readonly ofAll: number,
    readonly everyMs: number,
  ) {}

  /** Counts a packet. @returns whether it is to be read */
  allows(sender: string, nowMs: number): boolean {
    if (nowMs >= this.#endMs) {
      this.#counts.clear();
      this.#total = 0;
      this.#endMs = nowMs + this.everyMs;
    }
    const count = this.#counts.get(sender) ?? 0;
    if (count >= this.perSender || this.#total >= this.ofAll) return false;
    this.#counts.set(sender, count + 1);
    this.#total++;
    return true;
  }
}
