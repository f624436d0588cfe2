import { type MetricsSnapshot, TORRENT_STATUSES, type TorrentSnapshot } from './source.js';

export type Labels = Readonly<Record<string, string>>;

/** A metric of Prometheus. Counters end in `_total`, units are those of the base (bytes, seconds). */
export interface MetricRow {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly labels: readonly string[];
  /** Its series; none when the system does not tell. */
  readonly read: (snapshot: MetricsSnapshot) => Iterable<readonly [Labels, number]>;
}

type Read = (snapshot: MetricsSnapshot) => number | undefined;

function row(type: MetricRow['type'], name: string, help: string, read: Read): MetricRow {
  const series = (snapshot: MetricsSnapshot): [Labels, number][] => {
    const value = read(snapshot);
    return value === undefined ? [] : [[{}, value]];
  };
  return { type, name: `millrace_${name}`, help, labels: [], read: series };
}

const gauge = (name: string, help: string, read: Read) => row('gauge', name, help, read);
const counter = (name: string, help: string, read: Read) => row('counter', `${name}_total`, help, read);

function labelled(
  { type, name, help }: Pick<MetricRow, 'type' | 'name' | 'help'>,
  labels: readonly string[],
  read: MetricRow['read'],
): MetricRow {
  return { type, name: `millrace_${name}`, help, labels, read };
}

/** Docs/metrics.md has a line for each; a test holds the two together. */
export const METRICS: readonly MetricRow[] = [
  labelled(
    {
      type: 'gauge',
      name: 'build_info',
      help: 'Always 1: the labels are the versions of millrace and Node.js.',
    },
    ['version', 'node'],
    ({ version }) => [[{ version, node: process.versions.node }, 1]],
  ),
  gauge('start_time_seconds', 'When the daemon started, in seconds since 1970.', s => s.startedAtMs / 1000),
  gauge('suspended', '1 while no socket is open because the address for peers is gone, else 0.', s =>
    Number(s.suspended),
  ),
  labelled(
    { type: 'gauge', name: 'torrents', help: 'Torrents by what they do; each is counted once.' },
    ['status'],
    ({ torrents }) => TORRENT_STATUSES.map(status => [{ status }, torrents[status]] as const),
  ),
  // bytes
  counter('downloaded_bytes', 'Payload received from peers in this run.', s => s.session.downloaded),
  counter('uploaded_bytes', 'Payload sent to peers in this run.', s => s.session.uploaded),
  // gauges: a daemon that was killed remembers a little less than it had told, which a counter would take for 0
  gauge(
    'lifetime_downloaded_bytes',
    'Payload received over all runs of the daemon.',
    s => s.lifetime.downloaded,
  ),
  gauge('lifetime_uploaded_bytes', 'Payload sent over all runs of the daemon.', s => s.lifetime.uploaded),
  counter(
    'wasted_bytes',
    'Payload received and thrown away in this run: blocks that came twice, pieces that were bad.',
    s => s.wasted,
  ),
  counter('hash_failures', 'Pieces that did not match their hash in this run.', s => s.hashFailures),
  gauge(
    'download_bytes_per_second',
    'Rate at which payload is received, as the daemon measures it.',
    s => s.downRate,
  ),
  gauge(
    'upload_bytes_per_second',
    'Rate at which payload is sent, as the daemon measures it.',
    s => s.upRate,
  ),
  // peers
  labelled(
    { type: 'gauge', name: 'peers', help: 'Peers that are connected, by who dialled.' },
    ['direction'],
    ({ peers }) => [
      [{ direction: 'incoming' }, peers.incoming],
      [{ direction: 'outgoing' }, peers.outgoing],
    ],
  ),
  gauge('connections', 'Sockets to peers, those that are still shaking hands included.', s => s.connections),
  labelled(
    {
      type: 'counter',
      name: 'announces_total',
      help: 'Announces to trackers in this run, by how they went.',
    },
    ['result'],
    ({ announces }) => [
      [{ result: 'ok' }, announces.ok],
      [{ result: 'failed' }, announces.failed],
    ],
  ),
  gauge('blocklist_ranges', 'Ranges of addresses in the blocklist.', s => s.blocklist.ranges),
  counter(
    'blocklist_refused_connections',
    'Connections that were not made or not taken in this run because of the blocklist.',
    s => s.blocklist.refused,
  ),
  // the DHT, while it is on
  labelled(
    { type: 'gauge', name: 'dht_nodes', help: 'Nodes in the tables of the DHT, by whether they answer.' },
    ['state'],
    ({ dht }) =>
      dht === undefined
        ? []
        : [
            [{ state: 'good' }, dht.goodNodes],
            [{ state: 'questionable' }, dht.nodes - dht.goodNodes],
          ],
  ),
  labelled(
    {
      type: 'counter',
      name: 'dht_queries_total',
      help: 'Queries of the DHT since it was turned on, by direction.',
    },
    ['direction'],
    ({ dht }) =>
      dht === undefined
        ? []
        : [
            [{ direction: 'in' }, dht.queriesIn],
            [{ direction: 'out' }, dht.queriesOut],
          ],
  ),
  counter('dht_timeouts', 'Queries of the DHT that nobody answered.', s => s.dht?.timeouts),
  counter(
    'dht_dropped_packets',
    'Packets of the DHT that were thrown away: nonsense, or too many.',
    s => s.dht?.dropped,
  ),
  gauge('dht_lookups', 'Searches in the DHT that are under way.', s => s.dht?.lookups),
  gauge('dht_stored_peers', 'Peers of torrents that are kept for others.', s => s.dht?.storedPeers),
  gauge('dht_stored_items', 'Values that are kept for others.', s => s.dht?.storedItems),
  // the machine
  gauge(
    'memory_used_bytes',
    'Memory that pieces on their way and the read cache take.',
    s => s.memory.usedBytes,
  ),
  gauge('memory_budget_bytes', 'Memory that they may take.', s => s.memory.budgetBytes),
  gauge('resident_memory_bytes', 'Physical memory of the whole process.', s => s.memory.residentBytes),
  gauge('worker_threads', 'Threads that hash and touch the disk.', s => s.workers.threads),
  gauge('worker_queued_jobs', 'Jobs that wait for such a thread.', s => s.workers.queued),
  counter(
    'worker_lost_threads',
    'Such threads that died in this run, and were replaced.',
    s => s.workers.lost,
  ),
  gauge(
    'event_loop_delay_p50_seconds',
    'How late the event loop was over the last 10 to 20 s: half of the time, at most.',
    s => s.loopDelay.p50Ms / 1000,
  ),
  gauge(
    'event_loop_delay_p99_seconds',
    'How late the event loop was over the last 10 to 20 s: 99 % of the time, at most.',
    s => s.loopDelay.p99Ms / 1000,
  ),
  gauge(
    'event_loop_delay_max_seconds',
    'How late the event loop was over the last 10 to 20 s: at worst.',
    s => s.loopDelay.maxMs / 1000,
  ),
  gauge('open_fds', 'File descriptors that are open.', s => s.openFiles),
  gauge('max_fds', 'File descriptors that the system allows.', s => s.fileLimit),
  gauge('disk_free_bytes', 'Space that is free for the folder of downloads.', s => s.diskFreeBytes),
  // remote control
  labelled(
    {
      type: 'counter',
      name: 'rpc_requests_total',
      help: 'RPC calls in this run, by method and how they went.',
    },
    ['method', 'result'],
    ({ rpcRequests }) =>
      Array.from(rpcRequests, ({ method, ok, count }) => [{ method, result: ok ? 'ok' : 'error' }, count]),
  ),
  counter('rpc_auth_failures', 'Requests in this run with a wrong user or password.', s => s.rpcAuthFailures),
];

/** Labels of the series of a torrent: the hash is what tells them apart, the name is for people. */
export const TORRENT_LABELS = ['hash', 'name'] as const;

export interface TorrentMetricRow extends Pick<MetricRow, 'name' | 'help' | 'type'> {
  readonly read: (torrent: TorrentSnapshot) => number;
}

function ofTorrent(
  type: MetricRow['type'],
  name: string,
  help: string,
  read: TorrentMetricRow['read'],
): TorrentMetricRow {
  return { type, name: `millrace_torrent_${name}`, help, read };
}

/** Only where somebody asks for them: 10,000 torrents make 60,000 series. */
export const TORRENT_METRICS: readonly TorrentMetricRow[] = [
  ofTorrent(
    'counter',
    'downloaded_bytes_total',
    'Payload received for the torrent in this run.',
    t => t.downloaded,
  ),
  ofTorrent('counter', 'uploaded_bytes_total', 'Payload sent of the torrent in this run.', t => t.uploaded),
  ofTorrent('gauge', 'download_bytes_per_second', 'Rate at which it is received.', t => t.downRate),
  ofTorrent('gauge', 'upload_bytes_per_second', 'Rate at which it is sent.', t => t.upRate),
  ofTorrent('gauge', 'peers', 'Peers that are connected for the torrent.', t => t.peers),
  ofTorrent('gauge', 'progress_ratio', 'Share of the wanted bytes that are there, 0 to 1.', t => t.progress),
];
