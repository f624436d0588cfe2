import type { Row } from '../wire.js';

const WORDS: Readonly<Record<Row['status'], string>> = {
  stopped: 'Stopped',
  'check-wait': 'Waits to check',
  checking: 'Checking',
  'download-wait': 'Queued',
  downloading: 'Downloading',
  'seed-wait': 'Queued to seed',
  seeding: 'Seeding',
  error: 'Error',
};

/** What a torrent does. One without a size is a magnet link of which nobody has told more yet. */
export function statusText({ status, moving, size }: Pick<Row, 'status' | 'moving' | 'size'>): string {
  if (moving != null) return `Moving ${Math.floor(100 * moving)} %`;
  return status === 'downloading' && size === 0 ? 'Searching' : WORDS[status];
}
