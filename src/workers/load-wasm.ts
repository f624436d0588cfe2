import { readFileSync } from 'node:fs';
import { type WasmModule, webAssembly } from '../engine/kernels/web-assembly.js';

/** Two folders up is the root of the package, from src/workers as from dist/workers. */
const MODULE_URL = new URL('../../dist/kernels.wasm', import.meta.url);

let compiled: WasmModule | undefined;

/**
 * The module of the kernels, compiled once a process.
 * @throws what reading the file or compiling it throws: it is missing until `npm run build:wasm` has run.
 */
export function loadKernelsModule(): WasmModule {
  compiled ??= new webAssembly!.Module(readFileSync(MODULE_URL));
  return compiled;
}
