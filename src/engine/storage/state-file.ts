/** Small private files of the engine's own state folder. */
import { constants } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf } from './errors.js';
import { closeRaw, fstatRaw, fsyncRaw, openRaw, readFully, syncFolder, writeFully } from './raw-fs.js';

export const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;
export const NOFOLLOW = constants.O_NOFOLLOW ?? 0;

export async function makeStateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: PRIVATE_FOLDER });
}

/** The file's bytes but at most `maxBytes`, or undefined when there is no file. */
export async function readBounded(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  let fd: number;
  try {
    fd = await openRaw(path, constants.O_RDONLY | NOFOLLOW | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const bytes = new Uint8Array(Math.min(maxBytes, (await fstatRaw(fd)).size));
    return bytes.subarray(0, await readFully(fd, bytes, 0));
  } finally {
    await closeRaw(fd);
  }
}

/**
 * Puts a file with these bytes in place of the old one and gives its descriptor, open for writing. A reader sees the
 * old file or the new one, never a part. `durable`: the same holds after a power cut (fsync of file and folder).
 */
export async function replaceFile(path: string, bytes: Uint8Array, durable: boolean): Promise<number> {
  const temporary = `${path}.new`;
  await rm(temporary, { force: true });
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NOFOLLOW;
  const fd = await openRaw(temporary, flags, PRIVATE_FILE);
  try {
    await writeFully(fd, bytes, 0);
    if (durable) await fsyncRaw(fd);
    await rename(temporary, path);
    if (durable) await syncFolder(dirname(path));
    return fd;
  } catch (error) {
    await closeRaw(fd);
    throw error;
  }
}
