import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMillraceError, MillraceError } from '../errors.js';
import { parseMetainfo } from '../protocol/metainfo.js';
import type { Metainfo } from '../protocol/metainfo-types.js';
import { sha1 } from './engine.js';
import { checkMagnetLink, isMagnetLink } from './magnet-link.js';
import { type MetainfoOrigin, StoredMetainfo } from './stored-metainfo.js';
import { readTorrentFile, readTorrentFileSync } from './torrent-file.js';
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
  if (!isFile(source)) return parseSource(source);
  const path = pathOf(source);
  const { bytes } = await readTorrentFile(path);
  return parseFile(bytes, path);
}

/** The same for a session: of a .torrent on disk, which can be read again, not everything need be kept. */
export async function openTorrent(source: TorrentSource): Promise<Metainfo> {
  if (!isFile(source)) return parseSource(source);
  const path = pathOf(source);
  const { bytes, plain } = await readTorrentFile(path);
  const metainfo = parseFile(bytes, path);
  return plain ? new StoredMetainfo(metainfo, new TorrentFile(resolve(path))) : metainfo;
}

function isFile(source: TorrentSource): source is string | URL {
  return source instanceof URL || (typeof source === 'string' && !isMagnetLink(source));
}

function parseSource(source: Exclude<TorrentSource, URL>): Metainfo {
  if (source instanceof Uint8Array) return parseMetainfo(source, PARSING);
  if (typeof source === 'string') {
    checkMagnetLink(source);
    throw new MillraceError(
      'ERR_METAINFO_UNSUPPORTED',
      'the metadata of a magnet link must come from peers, which takes a session: use the .torrent file',
    );
  }
  if (typeof source === 'object' && source !== null && 'infoHash' in source) return source;
  throw new TypeError('a torrent source is bytes, a path, a file: URL or metainfo');
}

/** Whoever named the file is told which one it is that cannot be read. */
function parseFile(bytes: Uint8Array, path: string): Metainfo {
  try {
    return parseMetainfo(bytes, PARSING);
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    const { code, facts, message } = error;
    throw new MillraceError(code, `${path} is no torrent that can be read: ${message}`, facts, error);
  }
}

class TorrentFile implements MetainfoOrigin {
  constructor(readonly path: string) {}

  readSync(): Metainfo {
    return parseMetainfo(readTorrentFileSync(this.path), PARSING);
  }

  async read(): Promise<Metainfo> {
    const { bytes } = await readTorrentFile(this.path);
    return parseMetainfo(bytes, PARSING);
  }
}

function pathOf(source: string | URL): string {
  if (source instanceof URL) return fileURLToPath(source);
  if (/^https?:\/\//i.test(source))
    throw new MillraceError(
      'ERR_METAINFO_UNSUPPORTED',
      'a .torrent is not fetched by URL: save it and name the file',
    );
  return source;
}
