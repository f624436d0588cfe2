import { describe, expect, it } from 'vitest';
import { createHeap } from '../../../../src/engine/kernels/heap.js';
import { TABLE_ALIGN } from '../../../../src/engine/kernels/types.js';

describe('createHeap', () => {
  it('gives aligned blocks of zeros, also where others have written', () => {
    const memory = new Uint8Array(256).fill(0xff);
    const heap = createHeap(memory.buffer, 30, 100);
    const at = heap.allocate(20);
    expect(at % TABLE_ALIGN).toBe(0);
    expect(at).toBeGreaterThanOrEqual(30);
    expect(memory.subarray(at, at + 32)).toEqual(new Uint8Array(32));
    expect(memory[at - 1]).toBe(0xff);
    expect(memory[at + 32]).toBe(0xff);
    memory.fill(7, at, at + 20);
    heap.free(at);
    expect(heap.allocate(10)).toBe(at);
    expect(memory.subarray(at, at + 16)).toEqual(new Uint8Array(16));
  });

  it('says that the budget is used up, and lives on', () => {
    const heap = createHeap(new ArrayBuffer(128), 0, 128);
    const at = heap.allocate(100);
    expect(() => heap.allocate(17)).toThrow(
      expect.objectContaining({
        code: 'ERR_MEMORY_BUDGET',
        facts: { bytes: 17, usedBytes: 112, budgetBytes: 128 },
      }),
    );
    heap.free(at);
    expect(heap.allocate(128)).toBe(0);
  });

  it('refuses an unknown address and a range outside of the memory', () => {
    const heap = createHeap(new ArrayBuffer(128), 0, 128);
    expect(() => heap.free(16)).toThrow(RangeError);
    expect(() => createHeap(new ArrayBuffer(128), 64, 65)).toThrow(RangeError);
  });
});
