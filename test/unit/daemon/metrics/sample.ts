import type { MetricsSnapshot, TorrentSnapshot } from '../../../../src/daemon/metrics/source.js';

export const SNAPSHOT: MetricsSnapshot = {
  version: '1.2.3',
  startedAtMs: 1_700_000_000_500,
  suspended: false,
  torrents: { stopped: 1, queued: 2, checking: 3, downloading: 4, seeding: 5, error: 0 },
  lifetime: { downloaded: 1000, uploaded: 2000 },
  session: { downloaded: 100, uploaded: 200 },
  wasted: 7,
  hashFailures: 2,
  downRate: 10,
  upRate: 20.5,
  peers: { incoming: 3, outgoing: 4 },
  connections: 9,
  memory: { usedBytes: 11, budgetBytes: 22, residentBytes: 33 },
  workers: { threads: 2, queued: 5, lost: 1 },
  loopDelay: { p50Ms: 1, p99Ms: 20, maxMs: 300 },
  openFiles: 40,
  fileLimit: 1024,
  diskFreeBytes: 5e12,
  announces: { ok: 50, failed: 6 },
  rpcRequests: [
    { method: 'torrent_get', ok: true, count: 12 },
    { method: 'other', ok: false, count: 1 },
  ],
  rpcAuthFailures: 3,
  blocklist: { ranges: 300_000, refused: 17 },
  dht: {
    ...{ nodes: 200, goodNodes: 150, lookups: 4, queriesIn: 1000, queriesOut: 500 },
    ...{ timeouts: 60, dropped: 2, storedPeers: 70, storedItems: 8 },
  },
};

export function torrent(index: number, fields: Partial<TorrentSnapshot> = {}): TorrentSnapshot {
  return {
    ...{ infoHash: index.toString(16).padStart(40, '0'), name: `torrent ${index}` },
    ...{ downloaded: index, uploaded: 2 * index, downRate: 0, upRate: 1, peers: 2, progress: 0.5 },
    ...fields,
  };
}
