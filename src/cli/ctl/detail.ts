import type { LimitedBy } from '../../index.js';
import { formatAddress } from '../../values/address.js';
import { LIMIT_WORDS } from '../../values/limit-words.js';
import { numberOf, objectsOf, textOf } from './fields.js';
import type { RpcObject } from './rpc-client.js';
import { ROW_FIELDS, type TorrentRow, toRow } from './torrents.js';

export interface FileRow {
  readonly index: number;
  readonly path: string;
  readonly length: number;
  readonly done: number;
  readonly priority: 'skip' | 'low' | 'normal' | 'high';
}

export interface TrackerRow {
  readonly url: string;
  readonly tier: number;
  /** Null: it has not told. */
  readonly seeders: number | null;
  readonly leechers: number | null;
  /** What it said last. */
  readonly result: string;
  /** Seconds since 1970; null: it is not due. */
  readonly next: number | null;
}

export interface PeerRow {
  readonly address: string;
  readonly client: string;
  /** 0 to 1. */
  readonly done: number;
  readonly down: number;
  readonly up: number;
  readonly flags: string;
}

/** All about one torrent, as `ctl show --json` prints it. */
export interface TorrentDetail extends TorrentRow {
  readonly dir: string;
  readonly left: number;
  readonly uploaded: number;
  readonly downloaded: number;
  readonly etaSeconds: number | null;
  /** Share of a move to another file system that is done; null: nothing is moved, or the daemon does not tell. */
  readonly moving: number | null;
  readonly pieces: number;
  readonly pieceLength: number;
  /** Shares that add up to 1, docs/limits.md; null: the daemon does not tell. */
  readonly limitedBy: LimitedBy | null;
  readonly files: readonly FileRow[];
  readonly trackers: readonly TrackerRow[];
  readonly peerList: readonly PeerRow[];
}

export const DETAIL_FIELDS = [
  ...ROW_FIELDS,
  'downloadDir',
  'leftUntilDone',
  'uploadedEver',
  'downloadedEver',
  'eta',
  'pieceCount',
  'pieceSize',
  'limitedBy',
  'moveProgress',
  'files',
  'fileStats',
  'trackerStats',
  'peers',
] as const;

const CAUSES = Object.keys(LIMIT_WORDS) as (keyof LimitedBy)[];

export function toDetail(facts: RpcObject): TorrentDetail {
  const eta = numberOf(facts, 'eta');
  const stats = objectsOf(facts, 'fileStats');
  return {
    ...toRow(facts),
    dir: textOf(facts, 'downloadDir'),
    left: numberOf(facts, 'leftUntilDone'),
    uploaded: numberOf(facts, 'uploadedEver'),
    downloaded: numberOf(facts, 'downloadedEver'),
    // -1: not now, -2: nobody knows
    etaSeconds: eta > 0 ? eta : null,
    moving: typeof facts.moveProgress === 'number' && facts.moveProgress >= 0 ? facts.moveProgress : null,
    pieces: numberOf(facts, 'pieceCount'),
    pieceLength: numberOf(facts, 'pieceSize'),
    limitedBy: toLimitedBy(facts.limitedBy),
    files: objectsOf(facts, 'files').map((file, index) => ({
      index,
      path: textOf(file, 'name'),
      length: numberOf(file, 'length'),
      done: numberOf(file, 'bytesCompleted'),
      priority: priorityOf(stats[index] ?? {}),
    })),
    trackers: objectsOf(facts, 'trackerStats').map(toTracker),
    peerList: objectsOf(facts, 'peers').map(toPeer),
  };
}

function toLimitedBy(value: unknown): LimitedBy | null {
  if (typeof value !== 'object' || value === null) return null;
  const shares = value as RpcObject;
  return Object.fromEntries(CAUSES.map(cause => [cause, numberOf(shares, cause)])) as unknown as LimitedBy;
}

function priorityOf(stat: RpcObject): FileRow['priority'] {
  if (stat.wanted === false) return 'skip';
  const priority = numberOf(stat, 'priority');
  return priority < 0 ? 'low' : priority > 0 ? 'high' : 'normal';
}

function toTracker(stat: RpcObject): TrackerRow {
  // -1: not told
  const count = (key: string) => (typeof stat[key] === 'number' && stat[key] >= 0 ? stat[key] : null);
  return {
    url: textOf(stat, 'announce'),
    tier: numberOf(stat, 'tier'),
    seeders: count('seederCount'),
    leechers: count('leecherCount'),
    result: textOf(stat, 'lastAnnounceResult'),
    next: numberOf(stat, 'nextAnnounceTime') || null,
  };
}

function toPeer(peer: RpcObject): PeerRow {
  return {
    address: formatAddress({ host: textOf(peer, 'address'), port: numberOf(peer, 'port') }),
    client: textOf(peer, 'clientName'),
    done: numberOf(peer, 'progress'),
    down: numberOf(peer, 'rateToClient'),
    up: numberOf(peer, 'rateToPeer'),
    flags: textOf(peer, 'flagStr'),
  };
}
