// The three backends over one memory, and room in it for what is measured.
import { createHash } from 'node:crypto';
import { createJsKernels } from '../../dist/engine/kernels/js.js';
import { createNativeHash } from '../../dist/engine/kernels/native.js';
import { TABLE_ALIGN } from '../../dist/engine/kernels/types.js';
import { createWasmKernels, KERNEL_SCRATCH_BYTES, STATIC_BYTES } from '../../dist/engine/kernels/wasm.js';
import { loadKernelsModule } from '../../dist/workers/load-wasm.js';

const PAGE_BYTES = 65536;

/**
 * @param {number} roomBytes
 * @returns {{ kernels: Record<'wasm' | 'js' | 'native', any>, bytes: Uint8Array, allocate(bytes: number): number }}
 *   memory that is filled with noise
 */
export function openBackends(roomBytes) {
  const startAt = STATIC_BYTES + KERNEL_SCRATCH_BYTES;
  const pages = Math.ceil((startAt + roomBytes) / PAGE_BYTES) + 1;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const bytes = new Uint8Array(memory.buffer);
  let noise = 1;
  const words = new Uint32Array(memory.buffer);
  for (let i = startAt / 4; i < words.length; i++) {
    noise = (Math.imul(noise, 1664525) + 1013904223) | 0;
    words[i] = noise ^ (noise >>> 15);
  }
  let next = startAt;
  return {
    kernels: {
      wasm: createWasmKernels(loadKernelsModule(), memory, STATIC_BYTES),
      js: createJsKernels(memory.buffer),
      native: createNativeHash(memory.buffer, (name, message) => createHash(name).update(message).digest()),
    },
    bytes,
    allocate(size) {
      const at = next;
      next = Math.ceil((at + size) / TABLE_ALIGN) * TABLE_ALIGN;
      if (next > bytes.length) throw new RangeError(`no room for ${size} more bytes`);
      return at;
    },
  };
}
