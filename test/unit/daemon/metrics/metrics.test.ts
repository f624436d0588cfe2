import { register } from 'prom-client';
import { expect, it, vi } from 'vitest';
import { createMetrics } from '../../../../src/daemon/metrics/metrics.js';
import type { MetricsSnapshot, TorrentSnapshot } from '../../../../src/daemon/metrics/source.js';
import { METRICS, TORRENT_METRICS } from '../../../../src/daemon/metrics/table.js';
import { SNAPSHOT, torrent } from './sample.js';

function scrape(snapshot: MetricsSnapshot, torrents?: readonly TorrentSnapshot[]): Promise<string> {
  const source = { snapshot: () => snapshot, torrents: () => torrents ?? [] };
  return createMetrics(source, { perTorrent: () => torrents !== undefined }).metricsText();
}

/** Lines that are neither HELP nor TYPE. */
const seriesOf = (text: string) => text.split('\n').filter(line => line !== '' && !line.startsWith('#'));

it('tells all of a snapshot', async () => {
  const node = process.versions.node;
  expect(seriesOf(await scrape(SNAPSHOT))).toEqual([
    `millrace_build_info{version="1.2.3",node="${node}"} 1`,
    'millrace_start_time_seconds 1700000000.5',
    'millrace_suspended 0',
    'millrace_torrents{status="stopped"} 1',
    'millrace_torrents{status="queued"} 2',
    'millrace_torrents{status="checking"} 3',
    'millrace_torrents{status="downloading"} 4',
    'millrace_torrents{status="seeding"} 5',
    'millrace_torrents{status="error"} 0',
    'millrace_downloaded_bytes_total 100',
    'millrace_uploaded_bytes_total 200',
    'millrace_lifetime_downloaded_bytes 1000',
    'millrace_lifetime_uploaded_bytes 2000',
    'millrace_wasted_bytes_total 7',
    'millrace_hash_failures_total 2',
    'millrace_download_bytes_per_second 10',
    'millrace_upload_bytes_per_second 20.5',
    'millrace_peers{direction="incoming"} 3',
    'millrace_peers{direction="outgoing"} 4',
    'millrace_connections 9',
    'millrace_announces_total{result="ok"} 50',
    'millrace_announces_total{result="failed"} 6',
    'millrace_blocklist_ranges 300000',
    'millrace_blocklist_refused_connections_total 17',
    'millrace_dht_nodes{state="good"} 150',
    'millrace_dht_nodes{state="questionable"} 50',
    'millrace_dht_queries_total{direction="in"} 1000',
    'millrace_dht_queries_total{direction="out"} 500',
    'millrace_dht_timeouts_total 60',
    'millrace_dht_dropped_packets_total 2',
    'millrace_dht_lookups 4',
    'millrace_dht_stored_peers 70',
    'millrace_dht_stored_items 8',
    'millrace_memory_used_bytes 11',
    'millrace_memory_budget_bytes 22',
    'millrace_resident_memory_bytes 33',
    'millrace_worker_threads 2',
    'millrace_worker_queued_jobs 5',
    'millrace_worker_lost_threads_total 1',
    'millrace_event_loop_delay_p50_seconds 0.001',
    'millrace_event_loop_delay_p99_seconds 0.02',
    'millrace_event_loop_delay_max_seconds 0.3',
    'millrace_open_fds 40',
    'millrace_max_fds 1024',
    'millrace_disk_free_bytes 5000000000000',
    'millrace_rpc_requests_total{method="torrent_get",result="ok"} 12',
    'millrace_rpc_requests_total{method="other",result="error"} 1',
    'millrace_rpc_auth_failures_total 3',
  ]);
});

it('tells at each scrape what is so then, and nothing of what the system does not tell', async () => {
  let snapshot = SNAPSHOT;
  const source = { snapshot: () => Promise.resolve(snapshot), torrents: () => [] };
  const { metricsText } = createMetrics(source, { perTorrent: () => false });
  await metricsText();
  snapshot = {
    ...SNAPSHOT,
    wasted: 8,
    suspended: true,
    openFiles: undefined,
    rpcRequests: [],
    dht: undefined,
  };
  const series = seriesOf(await metricsText());
  expect(series).toContain('millrace_wasted_bytes_total 8');
  expect(series).toContain('millrace_suspended 1');
  expect(series.filter(line => /open_fds|rpc_requests|_dht_/.test(line))).toEqual([]);
});

it('has for every metric a type, a help and a name by the conventions of Prometheus', async () => {
  const text = await scrape(SNAPSHOT, [torrent(1)]);
  const rows = [...METRICS, ...TORRENT_METRICS];
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  for (const { name, type, help } of rows) {
    expect(name).toMatch(/^millrace_[a-z0-9_]+$/);
    expect(name.endsWith('_total'), name).toBe(type === 'counter');
    expect(name).not.toMatch(/_(ms|milliseconds|kb|mb|percent|count)(_|$)/);
    expect(help, name).toMatch(/^[A-Z1].{15,}\.$/);
    expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
  }
  const told = seriesOf(text).map(line => /^\w+/.exec(line)![0]);
  expect(new Set(told)).toEqual(new Set(rows.map(({ name }) => name)));
});

it('is text as Prometheus reads it, families apart, in no registry but its own', async () => {
  const text = await scrape(SNAPSHOT, [torrent(1), torrent(2)]);
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.trimEnd().split('\n'))
    expect(line).toMatch(
      /^$|^# (HELP|TYPE) millrace_|^millrace_\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [\d.e+-]+$/,
    );
  expect(register.getMetricsAsArray()).toEqual([]);
});

it('asks for torrents only where there are series for each, and forgets those that are gone', async () => {
  let perTorrent = false;
  const torrents = vi.fn(() => [torrent(1, { name: 'a "quoted"\nname\\' })]);
  const { metricsText } = createMetrics(
    { snapshot: () => SNAPSHOT, torrents },
    { perTorrent: () => perTorrent },
  );
  expect(await metricsText()).not.toContain('millrace_torrent_');
  expect(torrents).not.toHaveBeenCalled();
  perTorrent = true;
  const labels = `{hash="${'0'.repeat(39)}1",name="a \\"quoted\\"\\nname\\\\"}`;
  expect(seriesOf(await metricsText()).filter(line => line.includes('_torrent_'))).toEqual([
    `millrace_torrent_downloaded_bytes_total${labels} 1`,
    `millrace_torrent_uploaded_bytes_total${labels} 2`,
    `millrace_torrent_download_bytes_per_second${labels} 0`,
    `millrace_torrent_upload_bytes_per_second${labels} 1`,
    `millrace_torrent_peers${labels} 2`,
    `millrace_torrent_progress_ratio${labels} 0.5`,
  ]);
  torrents.mockReturnValue([torrent(2)]);
  expect(seriesOf(await metricsText()).filter(line => line.includes('quoted'))).toEqual([]);
});

it('scrapes at the same time do not mix', async () => {
  const torrents = Array.from({ length: 50 }, (_, index) => torrent(index));
  const source = { snapshot: () => SNAPSHOT, torrents: () => torrents };
  const { metricsText } = createMetrics(source, { perTorrent: () => true });
  const [first, second, third] = await Promise.all([metricsText(), metricsText(), metricsText()]);
  expect(seriesOf(first)).toHaveLength(48 + 6 * 50);
  expect(second).toBe(first);
  expect(third).toBe(first);
});
