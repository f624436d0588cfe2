import { SHA1_BYTES } from '../engine/kernels/types.js';
import type { PiecesJob, SlotJob } from './jobs.js';

/** Addresses go to threads that write there: what is out of bounds must not leave this thread. */
export function checkSlotJob({ at, length, digest, extents }: SlotJob, memoryBytes: number): void {
  checkSlot(at, length, memoryBytes);
  if (digest !== undefined && digest.length !== SHA1_BYTES) {
    throw new RangeError(`digest has ${digest.length} bytes, must have ${SHA1_BYTES}`);
  }
  if (extents === undefined) return;
  const total = extents.reduce((sum, extent) => sum + extent.length, 0);
  if (total !== length) throw new RangeError(`extents have ${total} bytes, the slot has ${length}`);
}

export function checkPiecesJob(
  { at, length, pieceLength }: Omit<PiecesJob, 'kind'>,
  memoryBytes: number,
): void {
  checkSlot(at, length, memoryBytes);
  if (!Number.isSafeInteger(pieceLength) || pieceLength < 1 || pieceLength > length)
    throw new RangeError(`pieces have ${pieceLength} bytes, the slot has ${length}`);
}

function checkSlot(at: number, length: number, memoryBytes: number): void {
  if (
    !Number.isSafeInteger(at) ||
    !Number.isSafeInteger(length) ||
    at < 0 ||
    length < 0 ||
    at + length > memoryBytes
  ) {
    throw new RangeError(`slot ${at} + ${length} is outside of the memory of ${memoryBytes} bytes`);
  }
}
