import { MillraceError } from '../errors.js';
import { type Kernels, MAX_PICK, TABLE_ALIGN } from './types.js';
import { type WasmMemory, type WasmModule, webAssembly } from './web-assembly.js';

/** Start of the memory that the module keeps for its constants: one WebAssembly page. */
export const STATIC_BYTES = 65536;

/**
 * Room at `scratchAt` of each thread: 2 MAX_PICK + 196 keys of a pick, 104 that are put in order, 65 words of bitfield
 * with their place (assembly/scratch.ts); hashing needs less.
 */
export const KERNEL_SCRATCH_BYTES = 8 * (2 * MAX_PICK + 196) + 8 * 104 + 16 * 65;

/** Kernels that assembly/index.ts exports as they are, and those that take the scratch address behind the rest. */
type Plain = Omit<Kernels, 'name' | 'buffer' | 'bitIntersects' | Scratched>;
type Scratched = 'pickRarest' | 'sha1' | 'sha1x4' | 'sha256' | 'sha256x4';
type WithScratch = {
  [Name in Scratched]: (
    ...args: [...Parameters<Kernels[Name]>, scratchAt: number]
  ) => ReturnType<Kernels[Name]>;
};

interface WasmExports extends Plain, WithScratch {
  bitIntersects(peerAt: number, wantedAt: number, length: number): number;
  readonly STATIC_END?: { readonly value: number };
  readonly SCRATCH_BYTES?: { readonly value: number };
}

/**
 * The kernels of the compiled module over a shared memory: one instance a thread, each with its own
 * {@link KERNEL_SCRATCH_BYTES} at `scratchAt`, a multiple of TABLE_ALIGN at {@link STATIC_BYTES} or above.
 * @throws MillraceError ERR_KERNELS_UNAVAILABLE when the module does not fit this code or this memory.
 */
export function createWasmKernels(module: WasmModule, memory: WasmMemory, scratchAt: number): Kernels {
  const { buffer } = memory;
  if (
    scratchAt < STATIC_BYTES ||
    scratchAt % TABLE_ALIGN !== 0 ||
    scratchAt + KERNEL_SCRATCH_BYTES > buffer.byteLength
  ) {
    throw new RangeError(
      `scratch area at ${scratchAt} is below ${STATIC_BYTES}, unaligned or outside of the memory`,
    );
  }
  const wasm = instantiate(module, memory);

  return {
    name: 'wasm',
    buffer,
    copy: wasm.copy,
    fill: wasm.fill,
    bitCount: wasm.bitCount,
    bitAndNotCount: wasm.bitAndNotCount,
    bitAndNot: wasm.bitAndNot,
    bitIntersects: (peerAt, wantedAt, length) => wasm.bitIntersects(peerAt, wantedAt, length) !== 0,
    availabilityAdd: wasm.availabilityAdd,
    availabilityRemove: wasm.availabilityRemove,
    availabilityAddOne: wasm.availabilityAddOne,
    pickRarest(countsAt, peerAt, wantedAt, busyAt, pieces, k, seed, outAt) {
      if (k > MAX_PICK) throw new RangeError(`k is ${k}, must be 0 to ${MAX_PICK}`);
      return wasm.pickRarest(countsAt, peerAt, wantedAt, busyAt, pieces, k, seed, outAt, scratchAt);
    },
    rankTop: wasm.rankTop,
    sha1: (at, length, outAt) => wasm.sha1(at, length, outAt, scratchAt),
    sha1x4: (at0, at1, at2, at3, length, outAt) => wasm.sha1x4(at0, at1, at2, at3, length, outAt, scratchAt),
    sha256: (at, length, outAt) => wasm.sha256(at, length, outAt, scratchAt),
    sha256x4: (at0, at1, at2, at3, length, outAt) =>
      wasm.sha256x4(at0, at1, at2, at3, length, outAt, scratchAt),
  };
}

function instantiate(module: WasmModule, memory: WasmMemory): WasmExports {
  if (webAssembly === undefined) {
    throw new MillraceError('ERR_KERNELS_UNAVAILABLE', 'WebAssembly is turned off in this process');
  }
  let wasm: WasmExports;
  try {
    wasm = new webAssembly.Instance(module, { env: { memory } }).exports as unknown as WasmExports;
  } catch (cause) {
    throw new MillraceError(
      'ERR_KERNELS_UNAVAILABLE',
      `the WebAssembly kernels do not start: ${cause}`,
      {},
      cause,
    );
  }
  const staticEnd = wasm.STATIC_END?.value ?? 0;
  const scratchBytes = wasm.SCRATCH_BYTES?.value ?? 0;
  if (staticEnd > STATIC_BYTES || scratchBytes !== KERNEL_SCRATCH_BYTES) {
    throw new MillraceError(
      'ERR_KERNELS_UNAVAILABLE',
      `the WebAssembly kernels are of another build: constants end at ${staticEnd}, must be ${STATIC_BYTES} or less; ` +
        `scratch area is ${scratchBytes} bytes, must be ${KERNEL_SCRATCH_BYTES}`,
    );
  }
  return wasm;
}
