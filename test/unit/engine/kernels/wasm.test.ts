import { describe, expect, it } from 'vitest';
import {
  createWasmKernels,
  KERNEL_SCRATCH_BYTES,
  STATIC_BYTES,
} from '../../../../src/engine/kernels/wasm.js';
import { webAssembly } from '../../../../src/engine/kernels/web-assembly.js';
import { kernelsModule, newMemory, rawExports } from '../../../compliance/kernel-backends.js';

/** An empty module. */
const stranger = new webAssembly!.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));

describe('createWasmKernels', () => {
  it('keeps the constants of the module in the page that is left to them', () => {
    const { STATIC_END } = rawExports() as { STATIC_END: { value: number } };
    expect(STATIC_END.value).toBeGreaterThan(0);
    expect(STATIC_END.value).toBeLessThanOrEqual(STATIC_BYTES);
    const memory = newMemory();
    createWasmKernels(kernelsModule, memory, STATIC_BYTES);
    const written = new Uint8Array(memory.buffer).findLastIndex(byte => byte !== 0);
    expect(written).toBeLessThan(STATIC_END.value);
  });

  it('has no state of its own that could change: no exported global but the two sizes', () => {
    const globals = Object.entries(rawExports()).filter(([, value]) => typeof value !== 'function');
    expect(globals.map(([name]) => name).sort()).toEqual(['SCRATCH_BYTES', 'STATIC_END']);
  });

  it('refuses a scratch area that is too low, too high or unaligned', () => {
    const memory = newMemory();
    const end = memory.buffer.byteLength;
    for (const at of [0, STATIC_BYTES - 16, STATIC_BYTES + 8, end - KERNEL_SCRATCH_BYTES + 16]) {
      expect(() => createWasmKernels(kernelsModule, memory, at)).toThrow(RangeError);
    }
    createWasmKernels(kernelsModule, memory, end - KERNEL_SCRATCH_BYTES);
  });

  it('says so when the module is of another build or the memory is not shared', () => {
    const unavailable = expect.objectContaining({ code: 'ERR_KERNELS_UNAVAILABLE' });
    expect(() => createWasmKernels(stranger, newMemory(), STATIC_BYTES)).toThrow(unavailable);
    const unshared = new webAssembly!.Memory({ initial: 4, maximum: 4 });
    expect(() => createWasmKernels(kernelsModule, unshared, STATIC_BYTES)).toThrow(unavailable);
  });

  it('lets two instances work in one memory, each in its scratch area', () => {
    const memory = newMemory();
    const one = createWasmKernels(kernelsModule, memory, STATIC_BYTES);
    const two = createWasmKernels(kernelsModule, memory, STATIC_BYTES + KERNEL_SCRATCH_BYTES);
    const at = STATIC_BYTES + 2 * KERNEL_SCRATCH_BYTES;
    one.sha1(at, 100, at + 200);
    const scratch = new Uint8Array(memory.buffer, STATIC_BYTES, KERNEL_SCRATCH_BYTES);
    const before = scratch.slice();
    two.sha1(at, 1000, at + 2000);
    expect(scratch).toEqual(before);
  });
});
