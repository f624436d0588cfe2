import { MillraceError } from '../engine/errors.js';
import { createHeap } from '../engine/kernels/heap.js';
import { supportsSharedMemory, supportsSimd } from '../engine/kernels/probe.js';
import { combineHash, type HashChoice, type KernelsOption } from '../engine/kernels/select.js';
import type { Heap, Kernels } from '../engine/kernels/types.js';
import { type WasmMemory, type WasmModule, webAssembly } from '../engine/kernels/web-assembly.js';
import type { SlotPool } from '../engine/swarm/ports.js';
import { decideByMeasuring, decidedHash, decideHash, undecidedHash } from './hash-choice.js';
import { createInstance } from './instance.js';
import {
  DEFAULT_BUDGET_BYTES,
  DEFAULT_TABLES_BYTES,
  digestsAt,
  type Layout,
  planLayout,
  RECEIVE_BYTES,
  WASM_PAGE_BYTES,
} from './layout.js';
import { loadKernelsModule } from './load-wasm.js';
import { createSlotPool } from './slots.js';

export interface ArenaOptions {
  /** Bytes of all piece slots together. Defaults to 128 MiB; at least 16 KiB, memory ends at 4 GiB. */
  readonly budgetBytes?: number;
  /** Worker threads that may work on the memory: 0 to 256. */
  readonly threads: number;
  /**
   * `auto` (default) takes wasm where it runs and measures which backend hashes fastest; `native` likewise, but hashes
   * by `node:crypto`; `js` takes nothing but TypeScript; `wasm` insists on it.
   */
  readonly kernels?: KernelsOption;
  /** Address room of bitfields and counts. Defaults to 64 MiB; costs only what is used. */
  readonly tablesBytes?: number;
}

/** What was chosen, for `stats()`. */
export interface ArenaDescription {
  readonly kernels: 'wasm' | 'js';
  readonly hash: HashChoice;
  /** False when no memory can be shared: then there are no worker threads either. */
  readonly sharedMemory: boolean;
  /** Why it is not wasm. */
  readonly reason?: string;
}

/** The memory that all threads share, divided as layout.ts says, and the event loop's own kernels over it. */
export interface Arena {
  readonly buffer: ArrayBufferLike;
  /** All of `buffer`. */
  readonly bytes: Uint8Array;
  readonly module?: WasmModule;
  readonly memory?: WasmMemory;
  readonly kernels: Kernels;
  /** What `kernels` hash with. */
  readonly ownHash: HashChoice;
  /** What all threads hash with; undefined until a worker has measured it. */
  readonly hash: HashChoice | undefined;
  readonly heap: Heap;
  readonly slots: SlotPool;
  /** Where sockets of the event loop read into. */
  readonly receiveAt: number;
  readonly receiveBytes: number;
  readonly threads: number;
  /** Work areas of threads, see threads.ts. */
  readonly areas: number;
  readonly shared: boolean;
  /** Measures the hashes when nobody has yet. */
  describe(): ArenaDescription;
}

/** Memory without or with the module that goes with it. */
interface Reservation {
  readonly buffer: ArrayBufferLike;
  readonly module?: WasmModule;
  readonly memory?: WasmMemory;
  readonly reason?: string;
}

/**
 * @throws RangeError when a size is out of bounds; ERR_KERNELS_UNAVAILABLE when `kernels` is `wasm` and cannot be had;
 * ERR_MEMORY_BUDGET when the system does not give the address room.
 */
export function createArena(options: ArenaOptions): Arena {
  const { budgetBytes = DEFAULT_BUDGET_BYTES, tablesBytes = DEFAULT_TABLES_BYTES, threads } = options;
  const { kernels: wanted = 'auto' } = options;
  const layout = planLayout(threads, tablesBytes, budgetBytes);
  const reservation = reserve(layout, wanted);
  const { buffer, module, memory, reason } = reservation;
  const shared = !(buffer instanceof ArrayBuffer);

  const { base, candidates } = createInstance(reservation, 0);
  const measure = () => decideByMeasuring(buffer, candidates, layout.receiveAt, digestsAt(0));
  if (wanted !== 'auto') {
    const name = wanted === 'native' ? 'native' : base.name;
    decideHash(buffer, { sha1: name, sha256: name });
  } else if (threads === 0 || !shared) measure(); // else the first worker does
  const ownHash = decidedHash(buffer) ?? undecidedHash(candidates);
  return {
    buffer,
    bytes: new Uint8Array(buffer),
    module,
    memory,
    kernels: combineHash(base, candidates, ownHash),
    ownHash,
    get hash() {
      return decidedHash(buffer);
    },
    heap: createHeap(buffer, layout.tablesAt, layout.tablesBytes),
    slots: createSlotPool(layout.slotsAt, layout.budgetBytes),
    receiveAt: layout.receiveAt,
    receiveBytes: RECEIVE_BYTES,
    threads,
    areas: layout.areas,
    shared,
    describe: () => ({
      kernels: base.name,
      hash: decidedHash(buffer) ?? measure(),
      sharedMemory: shared,
      reason,
    }),
  };
}

function reserve(layout: Layout, wanted: KernelsOption): Reservation {
  if (wanted === 'js')
    return { buffer: reserveBuffer(layout.totalBytes), reason: 'the option kernels is js' };
  const wasm = reserveWasm(layout.totalBytes);
  if (typeof wasm !== 'string') return wasm;
  if (wanted === 'wasm')
    throw new MillraceError('ERR_KERNELS_UNAVAILABLE', `no WebAssembly kernels: ${wasm}`);
  return { buffer: reserveBuffer(layout.totalBytes), reason: wasm };
}

/** A shared memory with its module, or the reason why there is none. */
function reserveWasm(bytes: number): Reservation | string {
  if (!supportsSimd()) return 'WebAssembly has no SIMD here';
  if (!supportsSharedMemory()) return 'WebAssembly cannot share memory here';
  let module: WasmModule;
  try {
    module = loadKernelsModule();
  } catch (error) {
    return `the module cannot be loaded: ${(error as Error).message}`;
  }
  const pages = bytes / WASM_PAGE_BYTES;
  try {
    const memory = new webAssembly!.Memory({ initial: pages, maximum: pages, shared: true });
    return { buffer: memory.buffer, module, memory };
  } catch (error) {
    return `${bytes} bytes of shared memory were refused: ${(error as Error).message}`;
  }
}

function reserveBuffer(bytes: number): ArrayBufferLike {
  try {
    return supportsSharedMemory() ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
  } catch (cause) {
    throw new MillraceError(
      'ERR_MEMORY_BUDGET',
      `the system refused ${bytes} bytes of memory`,
      { bytes },
      cause,
    );
  }
}
