import type { Entry } from './entry.js';

/** What a torrent is doing, as users say it. Waiting is for a place in a queue. */
export type Status =
  | 'stopped'
  | 'check-wait'
  | 'checking'
  | 'download-wait'
  | 'downloading'
  | 'seed-wait'
  | 'seeding'
  | 'error';

export function statusOf({ torrent, record, failure, admitted }: Entry): Status {
  if (failure !== undefined) return 'error';
  if (torrent === undefined && record.magnet !== undefined && record.running)
    return admitted ? 'downloading' : 'download-wait';
  if (torrent === undefined) return record.running ? 'check-wait' : 'stopped';
  switch (torrent.state) {
    case 'checking':
      return 'checking';
    case 'error':
      return 'error';
    case 'downloading':
      return 'downloading';
    case 'seeding':
      return 'seeding';
    default:
      if (!record.running) return 'stopped';
      return isComplete(torrent) ? 'seed-wait' : 'download-wait';
  }
}

/** All that is wanted of it is here. */
export function isComplete(torrent: NonNullable<Entry['torrent']>): boolean {
  const { done, wanted } = torrent.light();
  return done >= wanted;
}
