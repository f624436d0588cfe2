import type { SlotPool } from '../swarm/ports.js';

/** The slot pool as everybody above sees it: when it is full, cached pieces are thrown out before anybody is refused. */
export class MemoryBudget implements SlotPool {
  /** Throws one cached piece out; false when nothing can go. Set by the owner of the cache. */
  reclaim: () => boolean = () => false;
  /** Told once after a refusal, in a turn of its own, when memory came free or can be thrown out again. */
  onFreed: () => void = () => {};
  #refused = false;

  constructor(readonly pool: SlotPool) {}

  get usedBytes(): number {
    return this.pool.usedBytes;
  }

  get budgetBytes(): number {
    return this.pool.budgetBytes;
  }

  allocate(bytes: number): number {
    for (;;) {
      const at = this.pool.allocate(bytes);
      if (at >= 0) return at;
      if (!this.reclaim()) {
        this.#refused = true;
        return -1;
      }
    }
  }

  release(at: number): void {
    this.pool.release(at);
    this.freed();
  }

  /** A slot came free, or a cached piece lost its last pin. */
  freed(): void {
    if (!this.#refused) return;
    this.#refused = false;
    setImmediate(() => this.onFreed());
  }
}
