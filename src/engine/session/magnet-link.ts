import { MillraceError } from '../errors.js';
import type { InfoHash } from '../ids.js';
import { type Magnet, type MagnetPointer, parseMagnet } from '../protocol/magnet.js';
import { parseInfo } from '../protocol/metainfo.js';
import { METAINFO_LIMITS, type Metainfo } from '../protocol/metainfo-types.js';
import { sha1 } from './engine.js';
import type { AddOptions, TorrentSource } from './types.js';

/** A link that can be followed: the hash of a v1 info dictionary is known. */
export interface MagnetLink extends Magnet {
  readonly infoHash: InfoHash;
}

export function isMagnetLink(source: TorrentSource): source is string {
  return typeof source === 'string' && /^(?:stream-)?magnet:/i.test(source);
}

/** @throws MillraceError ERR_MAGNET_INVALID, ERR_METAINFO_UNSUPPORTED for a link to a torrent of v2 alone */
export function checkMagnetLink(uri: string): Magnet {
  const magnet = parseMagnet(uri);
  if (magnet.infoHash !== undefined || magnet.v2InfoHash === undefined) return magnet;
  throw new MillraceError('ERR_METAINFO_UNSUPPORTED', 'the magnet link is of a torrent of version 2 only');
}

/**
 * The link, with the info-hash that `follow` finds when it names a publisher alone.
 * @throws MillraceError those of `checkMagnetLink` and of `follow`
 */
export async function readMagnetLink(
  uri: string,
  follow: (pointer: MagnetPointer) => Promise<InfoHash>,
): Promise<MagnetLink> {
  const magnet = checkMagnetLink(uri);
  return { ...magnet, infoHash: magnet.infoHash ?? (await follow(magnet.pointer!)) };
}

/** Each tracker of a link is a tier of its own. */
export function tiersOf({ trackers }: Magnet): string[][] {
  return trackers.map(url => [url]);
}

/**
 * What a .torrent would have said: the info dictionary, and the rest by the link.
 * @throws MillraceError ERR_BENCODE_*, ERR_METAINFO_*: peers have it so, and it cannot be used
 */
export function metainfoOf(magnet: MagnetLink, info: Uint8Array): Metainfo {
  const maxBytes = Math.max(info.length, METAINFO_LIMITS.maxBytes);
  const parsed = parseInfo(info, { sha1, windows: process.platform === 'win32', limits: { maxBytes } });
  return { ...parsed, announce: tiersOf(magnet), urlList: magnet.webSeeds, nodes: magnet.nodes };
}

/** Files that the link selects (BEP 53), unless the user does; those that do not exist are passed over. */
export function selectionOf(
  magnet: Magnet,
  { files }: Metainfo,
  { select }: AddOptions,
): AddOptions['select'] {
  const told = select ?? magnet.selectOnly?.filter(index => index < files.length);
  return select === undefined && told?.length === 0 ? undefined : told;
}
