import { ExtentAllocator } from '../engine/kernels/extents.js';
import type { SlotPool } from '../engine/swarm/ports.js';
import { SLOT_GRAIN_BYTES } from './layout.js';

/**
 * Piece slots in `budgetBytes` of the shared memory from `startAt` on. The lowest free address goes out first: few
 * pages are ever touched, and pieces that follow each other tend to lie side by side, which makes one write of them.
 */
export function createSlotPool(startAt: number, budgetBytes: number): SlotPool {
  const extents = new ExtentAllocator(startAt, budgetBytes, SLOT_GRAIN_BYTES);
  return {
    allocate: bytes => extents.allocate(bytes),
    release: at => extents.free(at),
    get usedBytes() {
      return extents.usedBytes;
    },
    budgetBytes: extents.totalBytes,
  };
}
