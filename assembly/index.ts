/**
 * The kernels of millrace. All state lies in the memory that the host passes in and shares between threads, so no
 * kernel keeps any of its own: whoever needs room to work takes a scratch address, one area a thread.
 * The contract of each function is that of the type Kernels in src/engine/kernels/types.ts.
 */
import { SCRATCH_BYTES as scratchBytes } from './scratch';

export { copy, fill } from './copy';
export { bitAndNot, bitAndNotCount, bitCount, bitIntersects } from './bitfield';
export { availabilityAdd, availabilityAddOne, availabilityRemove } from './availability';
export { pickRarest } from './pick';
export { rankTop } from './choke';
export { sha1 } from './sha1';
export { sha1x4 } from './sha1x4';
export { sha256 } from './sha256';
export { sha256x4 } from './sha256x4';

/** First byte behind the constants of this module. The host keeps everything below 64 KiB free for them. */
export const STATIC_END: usize = __heap_base;

/** Room that a thread must give at its scratch address. */
export const SCRATCH_BYTES: usize = scratchBytes;
