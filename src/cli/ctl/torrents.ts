import { round3 } from '../format.js';
import { numberOf, objectsOf, textOf, textsOf } from './fields.js';
import type { RpcClient, RpcObject } from './rpc-client.js';

/** By the numbers of the Transmission RPC. */
export const STATUSES = [
  'stopped',
  'check-wait',
  'checking',
  'download-wait',
  'downloading',
  'seed-wait',
  'seeding',
] as const;
export type Status = (typeof STATUSES)[number] | 'unknown';

/** A torrent as lists show it, and as --json prints it. */
export interface TorrentRow {
  readonly id: number;
  readonly hash: string;
  readonly name: string;
  readonly status: Status;
  /** Of the torrent or its tracker; null when all is well. */
  readonly error: string | null;
  /** 0 to 1. */
  readonly done: number;
  readonly size: number;
  /** Bytes a second. */
  readonly down: number;
  readonly up: number;
  readonly peers: number;
  /** Null before anything was sent or fetched, and when nothing was fetched. */
  readonly ratio: number | null;
  readonly labels: readonly string[];
  /** Seconds since 1970. */
  readonly added: number;
}

export const ROW_FIELDS = [
  'id',
  'hashString',
  'name',
  'status',
  'error',
  'errorString',
  'percentDone',
  'recheckProgress',
  'sizeWhenDone',
  'rateDownload',
  'rateUpload',
  'peersConnected',
  'uploadRatio',
  'labels',
  'addedDate',
] as const;

export async function listTorrents(
  client: RpcClient,
  fields: readonly string[],
  ids?: readonly (number | string)[],
): Promise<RpcObject[]> {
  const answer = await client.call('torrent-get', ids === undefined ? { fields } : { fields, ids });
  return objectsOf(answer, 'torrents');
}

export function toRow(facts: RpcObject): TorrentRow {
  const status = STATUSES[numberOf(facts, 'status')] ?? 'unknown';
  const ratio = numberOf(facts, 'uploadRatio');
  return {
    id: numberOf(facts, 'id'),
    hash: textOf(facts, 'hashString'),
    name: textOf(facts, 'name'),
    status,
    error: numberOf(facts, 'error') === 0 ? null : textOf(facts, 'errorString') || 'unknown',
    done: numberOf(facts, status === 'checking' ? 'recheckProgress' : 'percentDone'),
    size: numberOf(facts, 'sizeWhenDone'),
    down: numberOf(facts, 'rateDownload'),
    up: numberOf(facts, 'rateUpload'),
    peers: numberOf(facts, 'peersConnected'),
    // -1: nothing yet, -2: infinite
    ratio: ratio < 0 ? null : round3(ratio),
    labels: textsOf(facts, 'labels'),
    added: numberOf(facts, 'addedDate'),
  };
}
