import { latin1 } from '../bytes.js';
import { BDict } from './bencode.js';
import { beyond, invalid } from './metainfo-error.js';
import type { TorrentFile } from './metainfo-types.js';
import { type NameRules, safePath } from './safe-path.js';
import { uniquePaths } from './safe-path-unique.js';

/** Padding by name, as BitComet wrote it before BEP 47 had an attribute. */
const OLD_PAD_NAME = '_____padding_file_';

/** A file as the list says, path below the torrent's folder. */
interface ListedFile extends Omit<TorrentFile, 'offset'> {}

/** Reads `files` of a multi-file torrent. */
export function readFileList(
  info: BDict,
  name: string,
  maxPathDepth: number,
  rules: NameRules,
): TorrentFile[] {
  const listed = (info.list('files') ?? []).map((entry, index) => {
    if (!(entry instanceof BDict)) throw invalid(`file ${index} is not a dictionary`);
    return readFile(entry, `file ${index}`, maxPathDepth, rules);
  });
  const paths = uniquePaths(listed);
  let offset = 0;
  return listed.map((file, i) => {
    const placed = { ...file, path: [name, ...paths[i]], offset };
    offset = addLength(offset, file.length);
    return placed;
  });
}

/** The one file of a single-file torrent. */
export function readSingleFile(info: BDict, name: string): TorrentFile {
  const attributes = readAttributes(info);
  return { path: [name], length: readLength(info, 'the file'), offset: 0, ...attributes, pad: false };
}

function readFile(entry: BDict, what: string, maxPathDepth: number, rules: NameRules): ListedFile {
  const attributes = readAttributes(entry);
  if (attributes.symlink) readComponents(entry, 'symlink path', what, maxPathDepth);
  const length = attributes.symlink ? 0 : readLength(entry, what);
  const key = entry.list('path.utf-8') ? 'path.utf-8' : 'path';
  const components = readComponents(entry, key, what, maxPathDepth);
  if (components.length > 0) {
    const path = safePath(components, rules);
    return {
      path,
      length,
      ...attributes,
      pad: attributes.pad || path[path.length - 1].startsWith(OLD_PAD_NAME),
    };
  }
  if (attributes.pad) return { path: ['.pad', String(length)], length, ...attributes };
  throw invalid(`${what} has no path`);
}

function readComponents(entry: BDict, key: string, what: string, maxPathDepth: number): Uint8Array[] {
  const list = entry.list(key) ?? [];
  if (list.length > maxPathDepth)
    throw beyond(`number of names in the ${key} of ${what}`, list.length, maxPathDepth);
  for (const item of list)
    if (!(item instanceof Uint8Array)) throw invalid(`${key} of ${what} has a part that is no string`);
  return list as Uint8Array[];
}

/** BEP 47: p pad, x executable, h hidden, l symbolic link. */
function readAttributes(entry: BDict): Pick<TorrentFile, 'pad' | 'executable' | 'hidden' | 'symlink'> {
  const bytes = entry.bytes('attr');
  if (!bytes) return { pad: false, executable: false, hidden: false };
  const letters = latin1(bytes.subarray(0, 16));
  return {
    pad: letters.includes('p'),
    executable: letters.includes('x'),
    hidden: letters.includes('h'),
    ...(letters.includes('l') && { symlink: true as const }),
  };
}

function readLength(entry: BDict, what: string): number {
  const length = entry.get('length');
  if (typeof length === 'bigint' && length > 0n)
    throw beyond(`length of ${what}`, length, Number.MAX_SAFE_INTEGER);
  if (typeof length === 'number' && length >= 0) return length;
  throw invalid(`length of ${what} is missing or not a number from 0`);
}

function addLength(offset: number, length: number): number {
  const end = offset + length;
  if (end > Number.MAX_SAFE_INTEGER) throw beyond('length of all files', end, Number.MAX_SAFE_INTEGER);
  return end;
}
