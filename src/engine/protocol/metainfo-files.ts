import { latin1 } from '../bytes.js';
import { BDict } from './bencode.js';
import { beyond, invalid } from './metainfo-error.js';
import type { TorrentFile } from './metainfo-types.js';
import { type NameRules, safePath } from './safe-path.js';
import { uniquePaths } from './safe-path-unique.js';

/** Padding by name, as BitComet wrote it before BEP 47 had an attribute. */
const OLD_PAD_NAME = '_____padding_file_';

/** Four letters have a meaning; more than this is not read. */
const MAX_ATTRIBUTES = 16;

/** Reads `files` of a multi-file torrent. */
export function readFileList(
  info: BDict,
  name: string,
  maxPathDepth: number,
  rules: NameRules,
): readonly TorrentFile[] {
  const files: MutableFile[] = [];
  let offset = 0;
  for (const entry of info.list('files') ?? []) {
    if (!(entry instanceof BDict)) throw invalid(`file ${files.length} is not a dictionary`);
    const file = readFile(entry, name, offset, `file ${files.length}`, maxPathDepth, rules);
    files.push(file);
    offset += file.length;
    if (offset > Number.MAX_SAFE_INTEGER)
      throw beyond('length of all files', offset, Number.MAX_SAFE_INTEGER);
  }
  const paths = uniquePaths(files);
  files.forEach((file, i) => {
    file.path = paths[i];
  });
  return files;
}

/** The one file of a single-file torrent. */
export function readSingleFile(info: BDict, name: string): TorrentFile {
  const letters = readAttributes(info).replace('p', '').replace('l', '');
  return newFile([name], readLength(info, 'the file'), 0, letters);
}

type MutableFile = { -readonly [K in keyof TorrentFile]: TorrentFile[K] };

function readFile(
  entry: BDict,
  name: string,
  offset: number,
  what: string,
  maxPathDepth: number,
  rules: NameRules,
): MutableFile {
  const letters = readAttributes(entry);
  const isLink = letters.includes('l');
  if (isLink) readComponents(entry, 'symlink path', what, maxPathDepth);
  const length = isLink ? 0 : readLength(entry, what);
  const key = entry.has('path.utf-8') ? 'path.utf-8' : 'path';
  const components = readComponents(entry, key, what, maxPathDepth);
  if (components.length === 0) {
    if (letters.includes('p')) return newFile([name, '.pad', String(length)], length, offset, letters);
    throw invalid(`${what} has no path`);
  }
  const path = safePath(components, rules);
  const isOldPad = path[path.length - 1].startsWith(OLD_PAD_NAME);
  path.unshift(name);
  return newFile(path, length, offset, isOldPad ? `${letters}p` : letters);
}

/** All files have one shape: large torrents have 100,000 of them. */
function newFile(path: readonly string[], length: number, offset: number, letters: string): MutableFile {
  const pad = letters.includes('p');
  const executable = letters.includes('x');
  const hidden = letters.includes('h');
  const file: MutableFile = { path, length, offset, pad, executable, hidden };
  if (letters.includes('l')) file.symlink = true;
  return file;
}

function readComponents(entry: BDict, key: string, what: string, maxPathDepth: number): Uint8Array[] {
  const list = entry.list(key) ?? [];
  if (list.length > maxPathDepth)
    throw beyond(`number of names in the ${key} of ${what}`, list.length, maxPathDepth);
  for (const item of list)
    if (!(item instanceof Uint8Array)) throw invalid(`${key} of ${what} has a part that is no string`);
  return list as Uint8Array[];
}

/** Letters of BEP 47: p pad, x executable, h hidden, l symbolic link. */
function readAttributes(entry: BDict): string {
  const bytes = entry.bytes('attr');
  return bytes ? latin1(bytes.subarray(0, MAX_ATTRIBUTES)) : '';
}

function readLength(entry: BDict, what: string): number {
  const length = entry.get('length');
  if (typeof length === 'bigint' && length > 0n)
    throw beyond(`length of ${what}`, length, Number.MAX_SAFE_INTEGER);
  if (typeof length === 'number' && length >= 0) return length;
  throw invalid(`length of ${what} is missing or not a number from 0`);
}
