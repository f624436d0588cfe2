import { existsSync, readFileSync } from 'node:fs';
import { createHeap } from '../../src/engine/kernels/heap.js';
import { createWasmKernels, KERNEL_SCRATCH_BYTES, STATIC_BYTES } from '../../src/engine/kernels/wasm.js';
import { webAssembly } from '../../src/engine/kernels/web-assembly.js';
import { createSlots, type MachineFactory } from '../../src/sim/machine.js';

const PAGE_BYTES = 65536;
const file = new URL('../../dist/kernels.wasm', import.meta.url);

/** Machines with the compiled kernels; undefined when the package has not been built. */
export function createWasmMachines(): MachineFactory | undefined {
  if (webAssembly === undefined || !existsSync(file)) return undefined;
  const { Memory, Module } = webAssembly;
  const module = new Module(readFileSync(file));
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
