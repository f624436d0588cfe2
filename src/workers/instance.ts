import { createHash } from 'node:crypto';
import { createJsKernels } from '../engine/kernels/js.js';
import { createNativeHash } from '../engine/kernels/native.js';
import type { HashCandidates } from '../engine/kernels/select.js';
import type { Kernels } from '../engine/kernels/types.js';
import { createWasmKernels } from '../engine/kernels/wasm.js';
import type { WasmMemory, WasmModule } from '../engine/kernels/web-assembly.js';
import { scratchAt } from './layout.js';

/** What all threads have in common: the module and its memory, or for `js` the memory alone. */
export interface SharedParts {
  readonly module?: WasmModule;
  readonly memory?: WasmMemory;
  readonly buffer: ArrayBufferLike;
}

/** The kernels of one thread, wasm when there is a module and js otherwise, and all hash backends that run there. */
export function createInstance(
  { module, memory, buffer }: SharedParts,
  area: number,
): { base: Kernels; candidates: HashCandidates } {
  const native = createNativeHash(buffer, (algorithm, bytes) => createHash(algorithm).update(bytes).digest());
  const base =
    module && memory ? createWasmKernels(module, memory, scratchAt(area)) : createJsKernels(buffer);
  return { base, candidates: { [base.name]: base, native } };
}
