import { KERNEL_SCRATCH_BYTES } from '../engine/kernels/wasm.js';

/**
 * The shared memory from low addresses to high:
 *
 *     static data of the module | control | work area a thread | receive region | tables | piece slots
 *
 * It is reserved whole when it is made, so that it never moves; pages that nobody touched cost no memory.
 */
export interface Layout {
  /** Threads that may use the memory at a time: the event loop is thread 0. */
  readonly areas: number;
  readonly receiveAt: number;
  readonly tablesAt: number;
  readonly tablesBytes: number;
  readonly slotsAt: number;
  readonly budgetBytes: number;
  readonly totalBytes: number;
}

/** Unit of a WebAssembly memory (WebAssembly core specification, 4.2.8). */
export const WASM_PAGE_BYTES = 65536;

/** Addresses of wasm32 end here. */
const MAX_MEMORY_BYTES = 65536 * WASM_PAGE_BYTES;

/** Page 0 holds the static data of the module (round constants); the compiler puts it there. */
export const CONTROL_AT = WASM_PAGE_BYTES;
/** One Int32 an area: id of the thread that owns it, 0 when it is free. */
export const CONTROL_BYTES = 4096;
/** The choice of hash-choice.ts takes the last Int32. */
export const CHOICE_AT = CONTROL_AT + CONTROL_BYTES - 4;
export const MAX_THREADS = 256;

/** Behind the scratch of the kernels: room for the digests of four lanes, 32 bytes each for SHA-256. */
const DIGESTS_BYTES = 4 * 32;
const AREA_BYTES = Math.ceil((KERNEL_SCRATCH_BYTES + DIGESTS_BYTES) / 4096) * 4096;
const AREAS_AT = CONTROL_AT + CONTROL_BYTES;

/** One socket read at a time is decoded from here: larger than any read of the kernel, small enough for L2. */
export const RECEIVE_BYTES = 256 * 1024;

/** Default room of bitfields and availability: 10,000 torrents of 1000 pieces with 20 peers each take 50 MB. */
export const DEFAULT_TABLES_BYTES = 64 * 1024 * 1024;

/** Default budget of piece slots. */
export const DEFAULT_BUDGET_BYTES = 128 * 1024 * 1024;

/** Granularity of slots: one block (BEP 3 practice), the smallest thing that is received. */
export const SLOT_GRAIN_BYTES = 16 * 1024;

/**
 * @param threads workers; each gets two areas, so that a replacement finds one before the dead thread's is given back
 * @throws RangeError when a size is out of bounds or the sum exceeds 4 GiB, the end of wasm32 addresses.
 */
export function planLayout(threads: number, tablesBytes: number, budgetBytes: number): Layout {
  checkWhole('threads', threads, 0, MAX_THREADS);
  checkWhole('tablesBytes', tablesBytes, 0, MAX_MEMORY_BYTES);
  checkWhole('budgetBytes', budgetBytes, SLOT_GRAIN_BYTES, MAX_MEMORY_BYTES);
  const areas = 1 + 2 * threads;
  const receiveAt = upToPage(AREAS_AT + areas * AREA_BYTES);
  const tablesAt = receiveAt + RECEIVE_BYTES;
  const slotsAt = upToPage(tablesAt + tablesBytes);
  const totalBytes = upToPage(slotsAt + budgetBytes);
  if (totalBytes > MAX_MEMORY_BYTES) {
    throw new RangeError(
      `the shared memory would be ${totalBytes} bytes, must be at most ${MAX_MEMORY_BYTES}`,
    );
  }
  return { areas, receiveAt, tablesAt, tablesBytes, slotsAt, budgetBytes, totalBytes };
}

/** Scratch of the kernels of a thread. */
export function scratchAt(area: number): number {
  return AREAS_AT + area * AREA_BYTES;
}

/** Where a thread lets the kernels write digests: {@link DIGESTS_BYTES}. */
export function digestsAt(area: number): number {
  return scratchAt(area) + KERNEL_SCRATCH_BYTES;
}

function upToPage(at: number): number {
  return Math.ceil(at / WASM_PAGE_BYTES) * WASM_PAGE_BYTES;
}

function checkWhole(name: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} is ${value}, must be ${min} to ${max}`);
  }
}
