/** Most keys of one pick; MAX_PICK of the host. */
export const MAX_PICK: u32 = 1024;

/** A pick of k has room for 2 k keys and so many more (pick.ts). */
export const SPARE_KEYS: u32 = 192;
/** Behind the keys is room for one that is too large and for the vectors that it begins. */
const KEYS_BYTES: usize = (<usize>(2 * MAX_PICK + SPARE_KEYS + 4)) * sizeof<u64>();

/** Keys that are put in order at a time, and empty places that make them whole vectors (pick-order.ts). */
export const BLOCK_KEYS: u32 = 96;
export const BLOCK_AT: usize = KEYS_BYTES;
const BLOCK_BYTES: usize = (<usize>(BLOCK_KEYS + 8)) * sizeof<u64>();

/** Pieces that are scanned before their keys are made; of each of their words 64 bits and the first piece (pick.ts). */
export const STRIP: u32 = 4096;
export const HITS_AT: usize = BLOCK_AT + BLOCK_BYTES;
const HITS_BYTES: usize = (<usize>(STRIP / 64 + 1)) * 16;

/** Size of a thread's scratch area. Hashing needs 640 bytes. */
export const SCRATCH_BYTES: usize = HITS_AT + HITS_BYTES;
