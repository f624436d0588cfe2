import { setImmediate as nextRound } from 'node:timers/promises';
import { Counter, Gauge, Registry } from 'prom-client';
import type { MetricsSource } from './source.js';
import {
  type Labels,
  METRICS,
  type MetricRow,
  TORRENT_LABELS,
  TORRENT_METRICS,
  type TorrentMetricRow,
} from './table.js';

export interface MetricsOptions {
  /** Whether there are series for each torrent; asked at each scrape. */
  readonly perTorrent: () => boolean;
}

export interface Metrics {
  readonly contentType: string;
  /** What a scrape is answered with. */
  metricsText(): Promise<string>;
}

/** Metrics of the daemon for Prometheus, in a registry of their own. Nothing is done between scrapes. */
export function createMetrics(source: MetricsSource, { perTorrent }: MetricsOptions): Metrics {
  const registry = new Registry();
  const families = METRICS.map(row => ({ row, family: makeFamily(registry, row, row.labels) }));
  const torrentRegistry = new Registry();
  const torrentFamilies = TORRENT_METRICS.map(row => ({
    row,
    family: makeFamily(torrentRegistry, row, TORRENT_LABELS),
  }));

  /** A family at a time, and the event loop between them: with 10,000 torrents each takes tens of milliseconds. */
  async function torrentText(): Promise<string> {
    const torrents = [...source.torrents()];
    const texts: string[] = [];
    for (const { row, family } of torrentFamilies) {
      await nextRound();
      fill(
        family,
        torrents.map(torrent => [{ hash: torrent.infoHash, name: torrent.name }, row.read(torrent)]),
      );
      const text = torrentRegistry.getSingleMetricAsString(row.name);
      family.reset(); // what it has told is in the text's hands
      texts.push(await text);
    }
    return `${texts.join('\n\n')}\n`;
  }

  return {
    contentType: registry.contentType,
    async metricsText() {
      const snapshot = await source.snapshot();
      for (const { row, family } of families) fill(family, row.read(snapshot));
      const text = await registry.metrics();
      return perTorrent() ? `${text}\n${await torrentText()}` : text;
    },
  };
}

type Family = Counter | Gauge;

function makeFamily(
  registry: Registry,
  { type, name, help }: Pick<MetricRow | TorrentMetricRow, 'type' | 'name' | 'help'>,
  labelNames: readonly string[],
): Family {
  const configuration = { name, help, labelNames: [...labelNames], registers: [registry] };
  return type === 'counter' ? new Counter(configuration) : new Gauge(configuration);
}

/** A counter knows no `set`: it is counted up from nothing. */
function fill(family: Family, series: Iterable<readonly [Labels, number]>): void {
  family.reset();
  let told = false;
  for (const [labels, value] of series) {
    family.inc(labels, value);
    told = true;
  }
  // without labels a reset leaves a 0, which would be a lie
  if (!told) family.remove({});
}
