/**
 * Work areas of the shared memory and who owns them. The table of owners lies in the shared memory too: a worker takes
 * a free area by itself when it starts; the event loop gives back those of threads that have ended.
 * Area 0 is the event loop's and is never in the table's play.
 */
import { CONTROL_AT } from './layout.js';

/** View of the table: owner's thread id, 0 for free. */
export function ownersView(buffer: ArrayBufferLike, areas: number): Int32Array {
  return new Int32Array(buffer, CONTROL_AT, areas);
}

/** @throws Error when every area is taken, which ends the worker that asked. */
export function claimArea(owners: Int32Array, threadId: number): number {
  for (let area = 1; area < owners.length; area++) {
    if (Atomics.compareExchange(owners, area, 0, threadId) === 0) return area;
  }
  throw new Error(`no work area is left for thread ${threadId}: all ${owners.length - 1} are taken`);
}

/** Frees the areas whose owner `isAlive` does not know. Call it only once those threads have ended. */
export function releaseAreas(owners: Int32Array, isAlive: (threadId: number) => boolean): void {
  for (let area = 1; area < owners.length; area++) {
    const owner = Atomics.load(owners, area);
    if (owner !== 0 && !isAlive(owner)) Atomics.compareExchange(owners, area, owner, 0);
  }
}
