import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { MillraceError } from '../errors.js';
import { METAINFO_LIMITS } from '../protocol/metainfo-types.js';
import { mapStorageError } from '../storage/errors.js';
import { closeRaw, fstatRaw, openRaw } from '../storage/raw-fs.js';

const read = promisify(fs.read);

export interface TorrentFileBytes {
  readonly bytes: Uint8Array;
  /** It can be read again: a pipe cannot. */
  readonly plain: boolean;
}

/**
 * Reads a .torrent, and no more of it than one may have, whatever the file says of its size.
 * @throws MillraceError ERR_STORAGE_*, ERR_METAINFO_LIMIT
 */
export async function readTorrentFile(path: string): Promise<TorrentFileBytes> {
  try {
    const fd = await openRaw(path, 'r');
    try {
      const stat = await fstatRaw(fd);
      const bytes = room(stat);
      let length = 0;
      while (length < bytes.length) {
        const { bytesRead } = await read(fd, bytes, length, bytes.length - length, null);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return { bytes: bytes.subarray(0, length), plain: stat.isFile() };
    } finally {
      await closeRaw(fd);
    }
  } catch (error) {
    throw mapStorageError(error, path);
  }
}

/** The same for whoever cannot wait. */
export function readTorrentFileSync(path: string): Uint8Array {
  try {
    const fd = fs.openSync(path, 'r');
    try {
      const bytes = room(fs.fstatSync(fd));
      let length = 0;
      while (length < bytes.length) {
        const count = fs.readSync(fd, bytes, length, bytes.length - length, null);
        if (count === 0) break;
        length += count;
      }
      return bytes.subarray(0, length);
    } finally {
      fs.closeSync(fd);
    }
  } catch (error) {
    throw mapStorageError(error, path);
  }
}

/** By the size that the file tells; a file that is still growing is read as it was. */
function room({ size }: fs.Stats): Uint8Array {
  const limit = METAINFO_LIMITS.maxBytes;
  if (size > limit)
    throw new MillraceError(
      'ERR_METAINFO_LIMIT',
      `the file has ${size} bytes, a .torrent may have ${limit}`,
      {
        size,
        limit,
      },
    );
  return new Uint8Array(size > 0 ? size : limit + 1);
}
