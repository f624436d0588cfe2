/** Most keys of one pick; MAX_PICK of the host. */
export const MAX_PICK: u32 = 1024;

/** Size of a thread's scratch area: the keys of a pick are the largest tenant. Hashing needs 896 bytes. */
export const SCRATCH_BYTES: usize = (<usize>MAX_PICK) * sizeof<u64>();
