import { formatMagnet, type Metainfo } from '../files.js';

/** The magnet link of a torrent, with its trackers. */
export function magnetOf({ infoHash, name, announce }: Metainfo): string {
  return formatMagnet({ infoHash, name, trackers: announce.flat() });
}
