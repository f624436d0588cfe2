import { ExtentAllocator } from '../engine/kernels/extents.js';
import { createHeap } from '../engine/kernels/heap.js';
import { createJsKernels } from '../engine/kernels/js.js';
import { type Heap, type Kernels, TABLE_ALIGN } from '../engine/kernels/types.js';
import { createWasmKernels, KERNEL_SCRATCH_BYTES, STATIC_BYTES } from '../engine/kernels/wasm.js';
import { webAssembly } from '../engine/kernels/web-assembly.js';
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

const PAGE_BYTES = 65536;

/** The compiled kernels; `wasm` is the module's bytes. Undefined where there is no WebAssembly. */
export function createWasmMachines(wasm: Uint8Array): MachineFactory | undefined {
  if (webAssembly === undefined || !webAssembly.validate(wasm)) return undefined;
  const { Memory, Module } = webAssembly;
  const module = new Module(wasm);
  return (heapBytes, slotBytes) => {
    const heapAt = STATIC_BYTES + KERNEL_SCRATCH_BYTES;
    const pages = Math.ceil((heapAt + heapBytes + slotBytes) / PAGE_BYTES);
    const memory = new Memory({ initial: pages, maximum: pages, shared: true });
    return {
      kernels: createWasmKernels(module, memory, STATIC_BYTES),
      heap: createHeap(memory.buffer, heapAt, heapBytes),
      slots: createSlots(heapAt + heapBytes, slotBytes),
    };
  };
}
