import { type Session, VERSION } from '../../index.js';
import type { LoopDelay } from '../metrics/loop-delay.js';
import { fileLimit, openFiles } from '../metrics/machine.js';
import type { RpcCounts } from '../metrics/rpc-counts.js';
import type { MetricsSnapshot, MetricsSource, TorrentSnapshot, TorrentStatus } from '../metrics/source.js';
import type { State } from '../state/state.js';
import { type Status, statusOf } from '../torrents/status.js';

const STATUSES: Readonly<Record<Status, TorrentStatus>> = {
  stopped: 'stopped',
  error: 'error',
  'check-wait': 'queued',
  checking: 'checking',
  'download-wait': 'queued',
  downloading: 'downloading',
  'seed-wait': 'queued',
  seeding: 'seeding',
};

export interface MetricsViewOptions {
  readonly session: Session;
  readonly state: State;
  readonly loopDelay: LoopDelay;
  readonly rpcCounts: RpcCounts;
  readonly authFailures: () => number;
  readonly blocklist: { readonly size: number };
  readonly freeBytes: () => Promise<number | undefined>;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
}

/** The daemon as Prometheus counts it. */
export class MetricsView implements MetricsSource {
  constructor(readonly options: MetricsViewOptions) {}

  async snapshot(): Promise<MetricsSnapshot> {
    const { session, state, loopDelay, rpcCounts, blocklist, startedAtMs } = this.options;
    const { catalog, totals } = state;
    const torrents = { stopped: 0, queued: 0, checking: 0, downloading: 0, seeding: 0, error: 0 };
    let [downRate, upRate, incoming, outgoing] = [0, 0, 0, 0];
    for (const entry of catalog.all()) {
      torrents[STATUSES[statusOf(entry)]]++;
      const light = entry.torrent?.light();
      if (light?.working !== true) continue;
      downRate += light.downRate;
      upRate += light.upRate;
      for (const peer of entry.torrent!.stats().peers) {
        if (peer.incoming) incoming++;
        else outgoing++;
      }
    }
    const { memory, workers, connections, suspended, blocked, announces, dht } = session.light();
    const { uploaded, downloaded, wasted, hashFailures } = totals.thisRun;
    return {
      version: VERSION,
      startedAtMs,
      suspended: suspended !== undefined,
      torrents,
      lifetime: {
        uploaded: totals.earlier.uploaded + uploaded,
        downloaded: totals.earlier.downloaded + downloaded,
      },
      session: { uploaded, downloaded },
      ...{ wasted, hashFailures, downRate, upRate, peers: { incoming, outgoing }, connections },
      memory: {
        usedBytes: memory.usedBytes,
        budgetBytes: memory.budgetBytes,
        residentBytes: process.memoryUsage.rss(),
      },
      workers: { threads: workers.threads, queued: workers.queued, lost: workers.lost },
      loopDelay: loopDelay.summary(),
      openFiles: await openFiles(),
      fileLimit: await fileLimit(),
      diskFreeBytes: await this.options.freeBytes(),
      announces,
      dht,
      rpcRequests: rpcCounts,
      rpcAuthFailures: this.options.authFailures(),
      blocklist: { ranges: blocklist.size, refused: blocked },
    };
  }

  *torrents(): Iterable<TorrentSnapshot> {
    for (const { torrent, infoHash, record } of this.options.state.catalog.all()) {
      if (torrent === undefined) continue;
      const { downloaded, uploaded, downRate, upRate, peers, done, wanted } = torrent.light();
      const progress = wanted === 0 ? 1 : Math.min(1, done / wanted);
      yield { ...{ infoHash, name: record.name, downloaded, uploaded }, downRate, upRate, peers, progress };
    }
  }
}
