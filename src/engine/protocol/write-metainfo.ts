import { concatBytes, utf8 } from '../bytes.js';
import { encode } from './bencode.js';
import type { Metainfo } from './metainfo-types.js';

/**
 * A .torrent of metainfo that came another way, such as by a magnet link: its info dictionary as it is, to the byte, since
 * the info-hash is of that.
 */
export function formatTorrent({
  announce,
  urlList,
  infoBytes,
}: Pick<Metainfo, 'announce' | 'urlList' | 'infoBytes'>): Uint8Array {
  const before = encode({
    announce: announce[0]?.[0],
    'announce-list': announce.flat().length > 1 ? announce : undefined,
  });
  const after = encode({ 'url-list': urlList.length > 0 ? urlList : undefined });
  // keys are in their order: announce, announce-list, info, url-list
  return concatBytes([before.subarray(0, -1), utf8('4:info'), infoBytes, after.subarray(1)]);
}
