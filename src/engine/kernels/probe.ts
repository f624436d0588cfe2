import { webAssembly } from './web-assembly.js';

/** A module whose one function needs a vector: (func (result i32) (v128.any_true (i8x16.splat (i32.const 0)))). */
const SIMD_MODULE = [
  [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  [1, 5, 1, 0x60, 0, 1, 0x7f],
  [3, 2, 1, 0],
  [10, 10, 1, 8, 0, 0x41, 0, 0xfd, 15, 0xfd, 0x53, 0x0b],
].flat();

/** A module with nothing but a shared memory of one page. */
const SHARED_MODULE = [
  [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  [5, 4, 1, 3, 1, 1],
].flat();

function validates(module: number[]): boolean {
  return webAssembly?.validate(new Uint8Array(module)) ?? false;
}

/** True when WebAssembly is there (it is not under `node --jitless`) and knows 128-bit vectors. */
export function supportsSimd(): boolean {
  return validates(SIMD_MODULE);
}

/** True when WebAssembly can share a memory between threads. */
export function supportsSharedMemory(): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && validates(SHARED_MODULE);
}
