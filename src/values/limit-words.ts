/** What held a torrent back, as people read it (docs/limits.md), by its name in `limitedBy`. */
export const LIMIT_WORDS = {
  choke: 'choke',
  window: 'window',
  remote: 'remote',
  localCap: 'local cap',
  disk: 'disk',
  hash: 'hash',
  memory: 'memory',
  cpu: 'cpu',
} as const;
