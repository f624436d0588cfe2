import { existsSync, readFileSync } from 'node:fs';
import { createHeap } from '../../../../src/engine/kernels/heap.js';
import { createJsKernels } from '../../../../src/engine/kernels/js.js';
import type { Heap, Kernels } from '../../../../src/engine/kernels/types.js';
import {
  createWasmKernels,
  KERNEL_SCRATCH_BYTES,
  STATIC_BYTES,
} from '../../../../src/engine/kernels/wasm.js';
import { webAssembly } from '../../../../src/engine/kernels/web-assembly.js';

export interface Backend {
  readonly name: string;
  make(): { kernels: Kernels; heap: Heap };
}

const PAGE_BYTES = 65536;
const HEAP_BYTES = 16 * PAGE_BYTES;

const js: Backend = {
  name: 'js',
  make() {
    // the heap starts above 0: an address of 0 means none
    const buffer = new ArrayBuffer(HEAP_BYTES + PAGE_BYTES);
    return { kernels: createJsKernels(buffer), heap: createHeap(buffer, PAGE_BYTES, HEAP_BYTES) };
  },
};

/** The compiled module, when the package has been built. */
function wasm(): Backend[] {
  const file = new URL('../../../../dist/kernels.wasm', import.meta.url);
  if (!webAssembly || !existsSync(file)) return [];
  const { Memory, Module } = webAssembly;
  const module = new Module(readFileSync(file));
  const heapAt = STATIC_BYTES + KERNEL_SCRATCH_BYTES;
  const pages = Math.ceil((heapAt + HEAP_BYTES) / PAGE_BYTES);
  return [
    {
      name: 'wasm',
      make() {
        const memory = new Memory({ initial: pages, maximum: pages, shared: true });
        return {
          kernels: createWasmKernels(module, memory, STATIC_BYTES),
          heap: createHeap(memory.buffer, heapAt, HEAP_BYTES),
        };
      },
    },
  ];
}

/** Every backend that can run here. */
export const BACKENDS: readonly Backend[] = [js, ...wasm()];
