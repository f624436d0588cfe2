import { MillraceError } from '../errors.js';
import { ExtentAllocator } from './extents.js';
import { type Heap, TABLE_ALIGN } from './types.js';

/** Heap of tables in `bytes` of the kernels' memory from `startAt` on. Book-keeping lives outside of that memory. */
export function createHeap(buffer: ArrayBufferLike, startAt: number, bytes: number): Heap {
  if (startAt + bytes > buffer.byteLength) {
    throw new RangeError(`heap ends at ${startAt + bytes}, memory at ${buffer.byteLength}`);
  }
  const memory = new Uint8Array(buffer);
  const extents = new ExtentAllocator(startAt, bytes, TABLE_ALIGN);

  return {
    allocate(size) {
      const at = extents.allocate(size);
      if (at < 0) {
        const facts = { bytes: size, usedBytes: extents.usedBytes, budgetBytes: extents.totalBytes };
        throw new MillraceError(
          'ERR_MEMORY_BUDGET',
          `no room for a table of ${size} bytes: ${facts.usedBytes} of ${facts.budgetBytes} are used`,
          facts,
        );
      }
      const padded = Math.ceil(Math.max(1, size) / TABLE_ALIGN) * TABLE_ALIGN;
      memory.fill(0, at, at + padded);
      return at;
    },
    free: at => extents.free(at),
    get usedBytes() {
      return extents.usedBytes;
    },
  };
}
