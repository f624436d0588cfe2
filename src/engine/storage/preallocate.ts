import { statfs } from 'node:fs/promises';
import { MillraceError } from '../errors.js';
import { ftruncateRaw, writeFully } from './raw-fs.js';

/** One write of zeros; small enough that other disk work gets its turn in between. */
const SLICE_BYTES = 1 << 20;

/** Refuses an allocation that cannot fit, before the first byte of it is written. */
export async function assertFreeSpace(folder: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (neededBytes <= freeBytes) return;
  const message = `allocation needs ${neededBytes} bytes, the file system has ${freeBytes}`;
  throw new MillraceError('ERR_STORAGE_FULL', message, { neededBytes, freeBytes });
}

/**
 * Fills a file with zeros from its present end: Node has no posix_fallocate, and a longer size by ftruncate reserves
 * nothing. Holes before the end stay. On failure the file gets its old size back, so that a full disk is not left full.
 * `proceed` is asked before each slice and may throw.
 */
export async function fillWithZeros(
  fd: number,
  from: number,
  to: number,
  proceed: () => void,
): Promise<void> {
  const zeros = new Uint8Array(Math.min(SLICE_BYTES, to - from));
  try {
    for (let at = from; at < to; at += zeros.length) {
      proceed();
      await writeFully(fd, zeros.subarray(0, Math.min(zeros.length, to - at)), at);
    }
  } catch (error) {
    await ftruncateRaw(fd, from).catch(() => {});
    throw error;
  }
}
