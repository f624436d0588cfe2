/** Most keys of one pick; MAX_PICK of the host. */
export const MAX_PICK: u32 = 1024;

/** Size of a thread's scratch area: the keys of a pick and an empty place behind them. Hashing needs 640 bytes. */
export const SCRATCH_BYTES: usize = (<usize>MAX_PICK + 2) * sizeof<u64>();
