/** `node:fs` on plain descriptors, as promises: a FileHandle cannot be passed to a worker thread, a number can. */
import * as fs from 'node:fs';
import { promisify } from 'node:util';

export const openRaw = promisify(fs.open);
export const closeRaw = promisify(fs.close);
export const fstatRaw = promisify(fs.fstat);
export const fsyncRaw = promisify(fs.fsync);
export const fdatasyncRaw = promisify(fs.fdatasync);
export const ftruncateRaw = promisify(fs.ftruncate);
export const fchmodRaw = promisify(fs.fchmod);
export const futimesRaw = promisify(fs.futimes);

const read = promisify(fs.read);
const write = promisify(fs.write);

/** Reads until `into` is full or the file ends; resolves to the bytes read. */
export async function readFully(fd: number, into: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await read(fd, into, done, into.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** Writes all of `from`: the system may take less than it was given. */
export async function writeFully(fd: number, from: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < from.length) {
    const { bytesWritten } = await write(fd, from, done, from.length - done, position + done);
    if (bytesWritten === 0) throw Object.assign(new Error('write took no bytes'), { code: 'EIO' });
    done += bytesWritten;
  }
}

/** Makes the names in a folder durable. Windows cannot and need not: its folders are journaled. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const fd = await openRaw(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  try {
    await fsyncRaw(fd);
  } finally {
    await closeRaw(fd);
  }
}
