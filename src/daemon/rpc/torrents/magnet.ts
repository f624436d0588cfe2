import { formatMagnet } from '../../../index.js';
import type { Entry } from '../../torrents/entry.js';

export function magnetOf({ infoHash, record, torrent }: Entry): string {
  if (record.magnet !== undefined) return record.magnet;
  return formatMagnet({
    infoHash,
    name: record.name,
    trackers: torrent?.trackers.flat() ?? [],
    peers: [],
    webSeeds: torrent?.metainfo.urlList ?? [],
    acceptableSources: [],
    nodes: [],
    keywords: [],
  });
}
