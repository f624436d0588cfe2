import type { DhtGlance } from '../../index.js';

/** What a torrent is doing, each torrent in one of them. */
export const TORRENT_STATUSES = ['stopped', 'queued', 'checking', 'downloading', 'seeding', 'error'] as const;
export type TorrentStatus = (typeof TORRENT_STATUSES)[number];

/** Bytes, in both directions. */
export interface Transferred {
  readonly downloaded: number;
  readonly uploaded: number;
}

/** All that is told of the daemon at one moment: plain data, made when it is asked for. */
export interface MetricsSnapshot {
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  /** No socket is open, because the address for peers is gone. */
  readonly suspended: boolean;
  readonly torrents: Readonly<Record<TorrentStatus, number>>;
  /** Of all runs of the daemon, this one included, and of torrents that are gone. */
  readonly lifetime: Transferred;
  /** Of this run alone. */
  readonly session: Transferred;
  /** Bytes that were received and thrown away, in this run. */
  readonly wasted: number;
  /** Pieces that did not match their hash, in this run. */
  readonly hashFailures: number;
  readonly downRate: number;
  readonly upRate: number;
  readonly peers: { readonly incoming: number; readonly outgoing: number };
  /** Sockets to peers, also those that are still shaking hands. */
  readonly connections: number;
  readonly memory: {
    readonly usedBytes: number;
    readonly budgetBytes: number;
    readonly residentBytes: number;
  };
  readonly workers: { readonly threads: number; readonly queued: number; readonly lost: number };
  readonly loopDelay: LoopDelaySummary;
  /** Undefined where the system does not tell. */
  readonly openFiles?: number;
  readonly fileLimit?: number;
  /** In the folder for downloads. */
  readonly diskFreeBytes?: number;
  readonly announces: { readonly ok: number; readonly failed: number };
  /** Undefined while the daemon is no part of it. */
  readonly dht?: DhtGlance;
  readonly rpcRequests: Iterable<RpcCount>;
  readonly rpcAuthFailures: number;
  readonly blocklist: { readonly ranges: number; readonly refused: number };
}

/** How late timers were. */
export interface LoopDelaySummary {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface RpcCount {
  /** A method that there is, or `other`: what strangers send must not make series. */
  readonly method: string;
  readonly ok: boolean;
  readonly count: number;
}

/** Bytes are those of this run. */
export interface TorrentSnapshot extends Transferred {
  readonly infoHash: string;
  readonly name: string;
  readonly downRate: number;
  readonly upRate: number;
  readonly peers: number;
  /** 0 to 1. */
  readonly progress: number;
}

/** Where metrics come from; asked once a scrape. */
export interface MetricsSource {
  snapshot(): MetricsSnapshot | Promise<MetricsSnapshot>;
  /** Only asked when there are series for each torrent. */
  torrents(): Iterable<TorrentSnapshot>;
}
