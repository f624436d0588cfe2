import type { TorrentGlance } from '../../index.js';
import { type SeedLimits, seedRatio } from '../rules/seed-limits.js';
import type { Status } from './status.js';

/** Uploaded to downloaded; of data that were here before, to what is wanted. Infinite without either. */
export function ratioOf({ everUploaded, everDownloaded, wanted }: TorrentGlance): number {
  return seedRatio({
    uploadedBytes: everUploaded,
    downloadedBytes: everDownloaded,
    wantedBytes: wanted,
    seedingMs: 0,
    idleMs: 0,
  });
}

/** Seconds until a download is complete, or a seed has its ratio. Undefined: nobody waits for that. Infinite: it stands still. */
export function secondsLeft(
  light: TorrentGlance,
  status: Status,
  { ratio }: Pick<SeedLimits, 'ratio'>,
): number | undefined {
  if (status === 'downloading') return secondsFor(Math.max(0, light.wanted - light.done), light.downRate);
  if (status !== 'seeding' || ratio === undefined) return undefined;
  const base = light.everDownloaded > 0 ? light.everDownloaded : light.wanted;
  return secondsFor(Math.max(0, ratio * base - light.everUploaded), light.upRate);
}

function secondsFor(bytes: number, rate: number): number {
  return rate < 1 ? Number.POSITIVE_INFINITY : Math.ceil(bytes / rate);
}
