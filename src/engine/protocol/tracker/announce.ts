import type { InfoHash, PeerAddress } from '../../ids.js';

/** Largest reply that is read, after decompression; the limit that libtorrent sets (tracker_maximum_response_length). */
export const MAX_REPLY_BYTES = 1024 * 1024;

/** Most peers that are taken from one reply; the rest is ignored. Trackers send 30 to 200. */
export const MAX_REPLY_PEERS = 2000;

/** Interval when a reply has none or nonsense; what most trackers say (1800 s). */
export const DEFAULT_INTERVAL_MS = 30 * 60 * 1000;

/** Longest interval that is believed: a day. */
export const MAX_INTERVAL_MS = 24 * 60 * 60 * 1000;

/** What happened since the last announce to this tracker (BEP 3 "event"); absent on the regular ones. */
export type AnnounceEvent = 'started' | 'stopped' | 'completed';

export interface AnnounceRequest {
  /** 20 raw bytes. */
  readonly infoHash: Uint8Array;
  /** 20 raw bytes. */
  readonly peerId: Uint8Array;
  /** Where this peer listens, 1-65535. */
  readonly port: number;
  /** Bytes of payload since `started`. */
  readonly uploaded: number;
  readonly downloaded: number;
  /** Bytes still missing; 0 makes this peer a seed. */
  readonly left: number;
  readonly event?: AnnounceEvent;
  /** Most peers wanted in the reply; absent leaves it to the tracker. */
  readonly numWant?: number;
  /** 32 random bits that tell the tracker who this is when the address has changed. */
  readonly key: number;
  /** What this tracker sent last as `tracker id`. */
  readonly trackerId?: Uint8Array;
}

export interface AnnounceResponse {
  /** When to announce again. */
  readonly intervalMs: number;
  /** The tracker refuses to be asked sooner. */
  readonly minIntervalMs?: number;
  readonly peers: readonly PeerAddress[];
  readonly seeders?: number;
  readonly leechers?: number;
  /** Downloads that were reported as completed, as some trackers add. */
  readonly downloads?: number;
  readonly trackerId?: Uint8Array;
  /** Text for the user; the announce itself was accepted. */
  readonly warning?: string;
  /** Our own address as the tracker sees it (BEP 24). */
  readonly externalHost?: string;
}

export interface ScrapeEntry {
  readonly infoHash: InfoHash;
  readonly seeders: number;
  readonly leechers: number;
  /** Downloads that were reported as completed. */
  readonly completed: number;
}

/** An interval in seconds as a tracker sent it, as milliseconds that are safe to wait for. */
export function toIntervalMs(seconds: number | undefined): number {
  if (seconds === undefined || !(seconds > 0)) return DEFAULT_INTERVAL_MS;
  return Math.min(seconds * 1000, MAX_INTERVAL_MS);
}

/** Text that a stranger sent, fit for a log line: one line, printable, at most 200 characters. */
export function cleanText(text: string): string {
  return text
    .slice(0, 200)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
}
