import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createJsKernels } from '../../src/engine/kernels/js.js';
import { createNativeHash, type HostHash } from '../../src/engine/kernels/native.js';
import { combineHash } from '../../src/engine/kernels/select.js';
import type { Kernels } from '../../src/engine/kernels/types.js';
import { createWasmKernels, KERNEL_SCRATCH_BYTES, STATIC_BYTES } from '../../src/engine/kernels/wasm.js';
import { webAssembly } from '../../src/engine/kernels/web-assembly.js';
import { createRng } from '../../src/engine/policy/rng.js';

const PAGE = 65536;

/** Tests own the memory from here on: below are the constants of the module and its scratch area. */
export const ARENA = STATIC_BYTES + PAGE;
export const ARENA_BYTES = 32 * PAGE;

const { Instance, Memory, Module } = webAssembly!;

/** The module as `npm run build:wasm` left it. */
export const kernelsModule = new Module(readFileSync(new URL('../../dist/kernels.wasm', import.meta.url)));

/** Globals and functions of an instance of its own. */
export function rawExports(): Record<string, unknown> {
  return new Instance(kernelsModule, { env: { memory: newMemory() } }).exports;
}

export function newMemory(bytes = ARENA + ARENA_BYTES) {
  return new Memory({ initial: bytes / PAGE, maximum: 65536, shared: true });
}

export const nodeHash: HostHash = (algorithm, bytes) => createHash(algorithm).update(bytes).digest();

export function wasmKernels(memory = newMemory()): Kernels {
  return createWasmKernels(kernelsModule, memory, STATIC_BYTES);
}

/** The scratch area of {@link wasmKernels}. */
export const SCRATCH = { at: STATIC_BYTES, length: KERNEL_SCRATCH_BYTES };

/** Every backend, each over a memory of its own. Both kinds of memory for js, as it runs where nothing is shared. */
export function createBackends(): { readonly title: string; readonly kernels: Kernels }[] {
  const wasm = wasmKernels();
  const js = createJsKernels(newMemory().buffer);
  const native = createNativeHash(js.buffer, nodeHash);
  const hash = { sha1: 'native', sha256: 'native' } as const;
  return [
    { title: 'wasm', kernels: wasm },
    { title: 'js', kernels: js },
    { title: 'js, unshared memory', kernels: createJsKernels(new ArrayBuffer(ARENA + ARENA_BYTES)) },
    { title: 'native hash', kernels: combineHash(js, { native }, hash) },
  ];
}

export const bytesOf = (kernels: Kernels, at: number, length: number) =>
  new Uint8Array(kernels.buffer).slice(at, at + length);

/** Same seed, same bytes. */
export function fillRandom(bytes: Uint8Array, seed: number): Uint8Array {
  const rng = createRng(seed);
  for (let i = 0; i < bytes.length; i++) bytes[i] = rng.u32() >>> 24;
  return bytes;
}

/** A bitfield of `pieces` with about `density` of its bits set, zero behind them. */
export function randomBits(pieces: number, density: number, seed: number): Uint8Array {
  const rng = createRng(seed);
  const bits = new Uint8Array((pieces + 7) >>> 3);
  for (let piece = 0; piece < pieces; piece++) {
    if (rng.fraction() < density) bits[piece >>> 3] |= 0x80 >>> (piece & 7);
  }
  return bits;
}

export const hasBit = (bits: Uint8Array, piece: number) => ((bits[piece >>> 3] << (piece & 7)) & 0x80) !== 0;
