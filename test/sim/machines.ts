import { existsSync, readFileSync } from 'node:fs';
import { createWasmMachines as createMachines, type MachineFactory } from '../../src/sim/machine.js';

const file = new URL('../../dist/kernels.wasm', import.meta.url);

/** Machines with the compiled kernels; undefined when the package has not been built. */
export function createWasmMachines(): MachineFactory | undefined {
  return existsSync(file) ? createMachines(readFileSync(file)) : undefined;
}
