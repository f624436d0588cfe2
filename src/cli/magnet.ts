import { formatMagnet, type Metainfo } from '../files.js';

/** A command takes it for a link rather than for the path of a file. */
export function isMagnet(source: string): boolean {
  return /^(stream-)?magnet:/i.test(source);
}

/** The magnet link of a torrent, with its trackers. */
export function magnetOf({ infoHash, name, announce }: Metainfo): string {
  return formatMagnet({ infoHash, name, trackers: announce.flat() });
}
