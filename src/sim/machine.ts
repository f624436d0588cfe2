import { ExtentAllocator } from '../engine/kernels/extents.js';
import { createHeap } from '../engine/kernels/heap.js';
import { createJsKernels } from '../engine/kernels/js.js';
import { type Heap, type Kernels, TABLE_ALIGN } from '../engine/kernels/types.js';
import type { SlotPool } from '../engine/swarm/ports.js';

/** Memory of one simulated peer: kernels, a heap of tables, piece slots. */
export interface Machine {
  readonly kernels: Kernels;
  readonly heap: Heap;
  readonly slots: SlotPool;
}

export type MachineFactory = (heapBytes: number, slotBytes: number) => Machine;

/** Slots in the memory from `startAt` on. Releasing what is not allocated throws. */
export function createSlots(startAt: number, budgetBytes: number): SlotPool {
  const extents = new ExtentAllocator(startAt, budgetBytes, TABLE_ALIGN);
  return {
    allocate: bytes => extents.allocate(bytes),
    release: at => extents.free(at),
    get usedBytes() {
      return extents.usedBytes;
    },
    budgetBytes: extents.totalBytes,
  };
}

/** Kernels in plain TypeScript over memory of its own. */
export const createJsMachine: MachineFactory = (heapBytes, slotBytes) => {
  // the heap starts above 0: an address of 0 means none
  const heapEnd = TABLE_ALIGN + heapBytes;
  const buffer = new ArrayBuffer(heapEnd + slotBytes);
  return {
    kernels: createJsKernels(buffer),
    heap: createHeap(buffer, TABLE_ALIGN, heapBytes),
    slots: createSlots(heapEnd, slotBytes),
  };
};
