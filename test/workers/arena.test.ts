import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createArena } from '../../src/workers/arena.js';
import { loadKernelsModule } from '../../src/workers/load-wasm.js';
import { createPool } from '../../src/workers/pool.js';

const probe = vi.hoisted(() => ({ simd: true, shared: true }));
vi.mock('../../src/engine/kernels/probe.js', () => ({
  supportsSimd: () => probe.simd,
  supportsSharedMemory: () => probe.shared,
}));

const SMALL = { threads: 2, budgetBytes: 1 << 20, tablesBytes: 1 << 16 };

describe('arena', () => {
  afterEach(() => {
    probe.simd = true;
    probe.shared = true;
  });

  it('takes wasm and the fastest hash where it can', () => {
    const arena = createArena(SMALL);
    expect(arena.describe()).toMatchObject({ kernels: 'wasm', sharedMemory: true, reason: undefined });
    const { hash } = arena.describe();
    expect(['wasm', 'native']).toContain(hash.sha1);
    expect(['wasm', 'native']).toContain(hash.sha256);
    expect(arena.memory?.buffer).toBe(arena.buffer);
  });

  it.each(['wasm', 'js', 'native'] as const)('hashes by %s when told so', kernels => {
    const arena = createArena({ ...SMALL, kernels });
    expect(arena.hash).toEqual({ sha1: kernels, sha256: kernels });
    const at = arena.slots.allocate(1000);
    const out = arena.heap.allocate(20);
    arena.kernels.sha1(at, 1000, out);
    const digest = createHash('sha1').update(new Uint8Array(1000)).digest();
    expect(Buffer.from(arena.bytes.subarray(out, out + 20)).equals(digest)).toBe(true);
  });

  it('measures at once without threads, else leaves it to the first worker', () => {
    expect(createArena({ ...SMALL, threads: 0 }).hash).toBeDefined();
    const arena = createArena(SMALL);
    expect(arena.hash).toBeUndefined();
    expect(arena.describe().hash).toEqual(arena.hash);
  });

  it('gives slots and tables their own ends of the memory', () => {
    const { heap, slots, buffer, receiveAt, receiveBytes } = createArena(SMALL);
    const table = heap.allocate(1 << 16);
    expect(() => heap.allocate(1)).toThrow(expect.objectContaining({ code: 'ERR_MEMORY_BUDGET' }));
    const slot = slots.allocate(1 << 20);
    expect(slots.allocate(1)).toBe(-1);
    expect(table).toBeGreaterThanOrEqual(receiveAt + receiveBytes);
    expect(slot).toBeGreaterThanOrEqual(table + (1 << 16));
    expect(slot + (1 << 20)).toBeLessThanOrEqual(buffer.byteLength);
  });

  it('falls back to js without SIMD, and says so', () => {
    probe.simd = false;
    const arena = createArena(SMALL);
    expect(arena.describe()).toMatchObject({
      kernels: 'js',
      sharedMemory: true,
      reason: 'WebAssembly has no SIMD here',
    });
    expect(() => createArena({ ...SMALL, kernels: 'wasm' })).toThrow(
      expect.objectContaining({ code: 'ERR_KERNELS_UNAVAILABLE' }),
    );
  });

  it('works without threads where no memory can be shared', async () => {
    probe.shared = false;
    const arena = createArena(SMALL);
    expect(arena.buffer).toBeInstanceOf(ArrayBuffer);
    expect(arena.describe()).toMatchObject({
      kernels: 'js',
      sharedMemory: false,
      reason: 'WebAssembly cannot share memory here',
    });
    const pool = createPool({ arena, workers: 2 });
    expect(pool.stats().workers).toBe(0);
    const at = arena.slots.allocate(100);
    const digest = new Uint8Array(createHash('sha1').update(new Uint8Array(100)).digest());
    expect(await pool.verifyWrite({ at, length: 100, digest })).toBe(true);
    await pool.close();
  });

  it('refuses more workers than it was made for', () => {
    const arena = createArena(SMALL);
    expect(() => createPool({ arena, workers: 3 })).toThrow('workers is 3, must be 0 to 2');
    expect(() => createPool({ arena, workers: 0.5 })).toThrow(RangeError);
  });

  it('compiles the module once', () => {
    expect(loadKernelsModule()).toBe(loadKernelsModule());
  });
});
