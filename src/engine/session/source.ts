import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../errors.js';
import { parseMagnet } from '../protocol/magnet.js';
import { parseMetainfo } from '../protocol/metainfo.js';
import { METAINFO_LIMITS, type Metainfo } from '../protocol/metainfo-types.js';
import { mapStorageError } from '../storage/errors.js';
import { sha1 } from './engine.js';
import type { TorrentSource } from './types.js';

/** Names must suit the file system that they are for. */
const PARSING = { sha1, windows: process.platform === 'win32' };

/**
 * The metainfo behind a source: a .torrent's bytes, its path or file: URL, or metainfo itself.
 *
 * @throws MillraceError ERR_STORAGE_* when the file cannot be read, ERR_BENCODE_*, ERR_METAINFO_*, ERR_MAGNET_INVALID,
 * and ERR_METAINFO_UNSUPPORTED for a magnet link, whose metadata only peers have
 */
export async function readTorrent(source: TorrentSource): Promise<Metainfo> {
  if (source instanceof Uint8Array) return parseMetainfo(source, PARSING);
  if (typeof source === 'string' && /^magnet:/i.test(source)) {
    parseMagnet(source);
    throw new MillraceError(
      'ERR_METAINFO_UNSUPPORTED',
      'a magnet link names a torrent whose metadata must come from peers, which is not supported yet: use the .torrent file',
    );
  }
  if (source instanceof URL || typeof source === 'string')
    return parseMetainfo(await readFile(source), PARSING);
  if (typeof source === 'object' && source !== null && 'infoHash' in source) return source;
  throw new TypeError('a torrent source is bytes, a path, a file: URL or metainfo');
}

/** Reads no more than a .torrent may have, whatever the file says of its size. */
async function readFile(source: string | URL): Promise<Uint8Array> {
  const path = source instanceof URL ? fileURLToPath(source) : source;
  const limit = METAINFO_LIMITS.maxBytes;
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size > limit)
        throw new MillraceError(
          'ERR_METAINFO_LIMIT',
          `the file has ${size} bytes, a .torrent may have ${limit}`,
          {
            size,
            limit,
          },
        );
      // By the size that the file tells; a file that is still growing is read as it was.
      const bytes = new Uint8Array(Number.isFinite(size) && size > 0 ? size : limit + 1);
      let length = 0;
      while (length < bytes.length) {
        const { bytesRead } = await file.read(bytes, length, Math.min(65536, bytes.length - length));
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return bytes.slice(0, length);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw mapStorageError(error, path);
  }
}
