import { fromUtf8, toHex } from '../bytes.js';
import { MillraceError } from '../errors.js';
import type { PeerAddress } from '../ids.js';
import { type BDict, type BValue, decodeDict } from './bencode.js';
import { sha1 as plainSha1 } from './digest.js';
import { beyond, invalid } from './metainfo-error.js';
import { readFileList, readSingleFile } from './metainfo-files.js';
import { checkHybrid } from './metainfo-hybrid.js';
import {
  type Info,
  METAINFO_LIMITS,
  type Metainfo,
  type MetainfoLimits,
  type MetainfoOptions,
} from './metainfo-types.js';
import { safeName } from './safe-path.js';

const HASH_BYTES = 20;

/**
 * Reads a .torrent file (BEP 3, 12, 27, 47; the v1 part of BEP 52). Reads what other clients read: keys out of order,
 * leading zeros and bytes after the end are let pass, since the hash is over the raw bytes. Broken optional fields
 * count as missing; anything wrong in the info dictionary is an error.
 * @throws MillraceError ERR_BENCODE_SYNTAX, ERR_BENCODE_LIMIT, ERR_METAINFO_INVALID, ERR_METAINFO_LIMIT,
 * ERR_METAINFO_UNSUPPORTED (a torrent of v2 alone)
 */
export function parseMetainfo(bytes: Uint8Array, options: MetainfoOptions = {}): Metainfo {
  const limits = { ...METAINFO_LIMITS, ...options.limits };
  const top = decodeDict(bytes, { maxBytes: limits.maxBytes, maxTokens: limits.maxTokens, tolerant: true });
  const dict = top.dict('info');
  const raw = top.raw('info');
  if (!dict || !raw) throw invalid('torrent has no info dictionary');
  const info = readInfo(dict, raw, limits, options);
  return {
    ...info,
    announce: readAnnounce(top),
    urlList: readUrlList(top.get('url-list'), info.files.length > 1),
    nodes: readNodes(top.list('nodes') ?? []),
    ...present('comment', top.text('comment')),
    ...present('createdBy', top.text('created by')),
    ...present('creationDate', naturalOrNothing(top.int('creation date'))),
  };
}

/** Reads an info dictionary alone, as peers send it (BEP 9). Options and errors are those of {@link parseMetainfo}. */
export function parseInfo(bytes: Uint8Array, options: MetainfoOptions = {}): Info {
  const limits = { ...METAINFO_LIMITS, ...options.limits };
  const info = decodeDict(bytes, { maxBytes: limits.maxBytes, maxTokens: limits.maxTokens, tolerant: true });
  return readInfo(info, bytes, limits, options);
}

function readInfo(info: BDict, raw: Uint8Array, limits: MetainfoLimits, options: MetainfoOptions): Info {
  const hybrid = readVersion(info);
  const name = safeName(info.bytes('name.utf-8') ?? info.bytes('name') ?? '', options);
  if (name === '') throw invalid('torrent has no usable name');
  const pieceLength = readPieceLength(info, limits.maxPieceLength);
  const multiFile = info.list('files') !== undefined;
  const files = multiFile
    ? readFileList(info, name, limits.maxPathDepth, options)
    : [readSingleFile(info, name)];
  const last = files.at(-1);
  const length = last ? last.offset + last.length : 0;
  if (length === 0) throw invalid('torrent has no content: all its files are empty');
  const pieces = readPieces(info, length, pieceLength, limits.maxPieces);
  if (hybrid) checkHybrid(info, files, pieceLength);
  const infoBytes = new Uint8Array(raw); // a copy, so that the rest of the input can go
  return {
    name,
    infoHash: toHex((options.sha1 ?? plainSha1)(infoBytes)),
    infoBytes,
    pieceLength,
    pieceCount: pieces.length / HASH_BYTES,
    length,
    pieces: new Uint8Array(infoBytes.buffer, pieces.byteOffset - raw.byteOffset, pieces.length),
    files,
    multiFile,
    private: (info.int('private') ?? 0) !== 0,
    hybrid,
  };
}

/** True for a hybrid. BEP 52 has version 2 alone; a torrent without v1 pieces cannot be read yet. */
function readVersion(info: BDict): boolean {
  const version = info.get('meta version');
  if (version === undefined && !info.has('file tree')) return false;
  if (info.has('pieces') && version === 2) return true;
  const fact = version === 2 ? 'is of version 2 only' : 'has a meta version that is not 2';
  throw new MillraceError(
    'ERR_METAINFO_UNSUPPORTED',
    `torrent ${fact}; supported are v1 and hybrid torrents`,
  );
}

function readPieceLength(info: BDict, max: number): number {
  const length = info.get('piece length');
  if (typeof length !== 'number' && typeof length !== 'bigint')
    throw invalid('piece length is missing or not a number');
  if (length < 1) throw invalid(`piece length is ${length}, must be 1 to ${max}`);
  if (length > max) throw beyond('piece length', length, max);
  return Number(length);
}

function readPieces(info: BDict, length: number, pieceLength: number, maxPieces: number): Uint8Array {
  const pieces = info.bytes('pieces');
  if (!pieces) throw invalid('pieces are missing or not a string');
  if (pieces.length % HASH_BYTES !== 0)
    throw invalid(`pieces have ${pieces.length} bytes, not a multiple of 20`);
  const count = pieces.length / HASH_BYTES;
  const needed = Math.ceil(length / pieceLength);
  if (needed > maxPieces) throw beyond('number of pieces', needed, maxPieces);
  if (count !== needed) {
    const message = `torrent has ${count} piece hashes, but ${length} bytes in pieces of ${pieceLength} need ${needed}`;
    throw invalid(message, { count, needed });
  }
  return pieces;
}

/** BEP 12: a usable announce-list hides announce. */
function readAnnounce(top: BDict): string[][] {
  const tiers = (top.list('announce-list') ?? []).map(readStrings).filter(tier => tier.length > 0);
  if (tiers.length > 0) return tiers;
  const single = top.text('announce')?.trim();
  return single ? [[single]] : [];
}

/** BEP 19: one URL or a list. A space is written as it must be sent, and the URL of a folder ends with a slash. */
function readUrlList(value: BValue | undefined, isFolder: boolean): string[] {
  const urls = readStrings(value instanceof Uint8Array ? [value] : value).map(url =>
    url.replaceAll(' ', '%20'),
  );
  return urls.map(url => (isFolder && !url.endsWith('/') ? `${url}/` : url));
}

function readStrings(value: BValue | undefined): string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap(item => {
    const text = item instanceof Uint8Array ? fromUtf8(item).trim() : '';
    return text === '' ? [] : [text];
  });
}

function readNodes(list: readonly BValue[]): PeerAddress[] {
  return list.flatMap(node => {
    if (!Array.isArray(node)) return [];
    const [host, port] = node;
    if (!(host instanceof Uint8Array) || host.length === 0 || typeof port !== 'number') return [];
    return port >= 1 && port <= 65535 ? [{ host: fromUtf8(host), port }] : [];
  });
}

function naturalOrNothing(value: number | undefined): number | undefined {
  return value !== undefined && value >= 0 ? value : undefined;
}

function present<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]?: V });
}
