/** The client's half of the HTTP tracker protocol: BEP 3, 7 (IPv6), 23 (compact), 24 (external ip), 48 (scrape). */
import { fromUtf8, latin1, toHex } from '../../bytes.js';
import { isMillraceError, MillraceError } from '../../errors.js';
import type { PeerAddress } from '../../ids.js';
import { BDict, decodeDict } from '../bencode.js';
import { formatIp, parseIp } from '../compact.js';
import {
  type AnnounceRequest,
  type AnnounceResponse,
  cleanText,
  MAX_REPLY_BYTES,
  MAX_REPLY_PEERS,
  type ScrapeEntry,
  toIntervalMs,
} from './announce.js';
import { escapeBytes } from './percent.js';
import { decodePeers } from './udp.js';
import { scrapeUrl } from './url.js';

/** A reply nests 4 deep; so few tokens that 1 MiB of them is refused early. */
const REPLY_LIMITS = { maxBytes: MAX_REPLY_BYTES, maxDepth: 8, maxTokens: 50_000, tolerant: true };

/** A longer tracker id is not sent back: it has to fit into a URL. */
const MAX_TRACKER_ID_BYTES = 256;

/** Torrents read from one scrape reply; more than a request can name. */
const MAX_SCRAPE_ENTRIES = 1000;

/** The announce as a URL: what the tracker's URL has of its own comes first, then ours. */
export function buildAnnounceUrl(url: string, request: AnnounceRequest): string {
  const query: string[] = [
    `info_hash=${escapeBytes(request.infoHash)}`,
    `peer_id=${escapeBytes(request.peerId)}`,
    `port=${request.port}`,
    `uploaded=${request.uploaded}`,
    `downloaded=${request.downloaded}`,
    `left=${request.left}`,
    'compact=1',
    `key=${request.key.toString(16).padStart(8, '0')}`,
  ];
  if (request.numWant !== undefined) query.push(`numwant=${request.numWant}`);
  if (request.event !== undefined) query.push(`event=${request.event}`);
  if (request.trackerId !== undefined) query.push(`trackerid=${escapeBytes(request.trackerId)}`);
  return withQuery(url, query);
}

/** The scrape as a URL, or undefined when the tracker has none (BEP 48). */
export function buildScrapeUrl(announceUrl: string, infoHashes: readonly Uint8Array[]): string | undefined {
  const url = scrapeUrl(announceUrl);
  return (
    url &&
    withQuery(
      url,
      infoHashes.map(hash => `info_hash=${escapeBytes(hash)}`),
    )
  );
}

function withQuery(url: string, query: readonly string[]): string {
  const fragment = url.indexOf('#');
  const base = fragment < 0 ? url : url.slice(0, fragment);
  const joint = /[?&]$/.test(base) ? '' : base.includes('?') ? '&' : '?';
  return base + joint + query.join('&');
}

/**
 * Reads an announce reply, with peers as a compact string or as a list of dictionaries. Damaged peers are left out.
 * @throws MillraceError ERR_TRACKER_FAILURE when the tracker refused, ERR_TRACKER_RESPONSE for what is no reply.
 */
export function decodeHttpAnnounce(body: Uint8Array): AnnounceResponse {
  const reply = readReply(body);
  const minSeconds = reply.int('min interval');
  const trackerId = reply.bytes('tracker id');
  const warning = reply.text('warning message');
  const external = reply.bytes('external ip');
  return {
    intervalMs: toIntervalMs(reply.int('interval')),
    minIntervalMs: minSeconds !== undefined && minSeconds > 0 ? toIntervalMs(minSeconds) : undefined,
    peers: readPeers(reply).slice(0, MAX_REPLY_PEERS),
    seeders: readCount(reply, 'complete'),
    leechers: readCount(reply, 'incomplete'),
    downloads: readCount(reply, 'downloaded'),
    trackerId:
      trackerId !== undefined && trackerId.length <= MAX_TRACKER_ID_BYTES ? trackerId.slice() : undefined,
    warning: warning === undefined ? undefined : cleanText(warning),
    externalHost: external?.length === 4 || external?.length === 16 ? formatIp(external) : undefined,
  };
}

/**
 * Reads a scrape reply.
 * @throws MillraceError ERR_TRACKER_FAILURE, ERR_TRACKER_RESPONSE
 */
export function decodeHttpScrape(body: Uint8Array): ScrapeEntry[] {
  const files = readReply(body).dict('files');
  if (files === undefined) throw new MillraceError('ERR_TRACKER_RESPONSE', 'scrape reply has no files');
  const entries: ScrapeEntry[] = [];
  for (const key of files.keys()) {
    if (entries.length === MAX_SCRAPE_ENTRIES) break;
    const file = key.length === 20 ? files.dict(key) : undefined;
    if (file === undefined) continue;
    entries.push({
      infoHash: toHex(Uint8Array.from(key, character => character.charCodeAt(0))),
      seeders: readCount(file, 'complete') ?? 0,
      leechers: readCount(file, 'incomplete') ?? 0,
      completed: readCount(file, 'downloaded') ?? 0,
    });
  }
  return entries;
}

/** The text of a `failure reason`, or undefined: for replies whose HTTP status says that they failed. */
export function readFailureReason(body: Uint8Array): string | undefined {
  try {
    readReply(body);
    return undefined;
  } catch (error) {
    return isMillraceError(error, 'ERR_TRACKER_FAILURE') ? String(error.facts.reason) : undefined;
  }
}

/** What is thrown when the tracker answers that it refuses. */
export function trackerFailure(reason: string): MillraceError {
  return new MillraceError('ERR_TRACKER_FAILURE', `tracker refused: ${reason || '(no reason given)'}`, {
    reason,
  });
}

function readReply(body: Uint8Array): BDict {
  let reply: BDict;
  try {
    reply = decodeDict(body, REPLY_LIMITS);
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    throw new MillraceError(
      'ERR_TRACKER_RESPONSE',
      `tracker reply cannot be read: ${error.message}`,
      error.facts,
      error,
    );
  }
  const reason = reply.bytes('failure reason');
  if (reason !== undefined) throw trackerFailure(cleanText(fromUtf8(reason)));
  return reply;
}

function readPeers(reply: BDict): PeerAddress[] {
  const peers = reply.get('peers');
  const peers6 = reply.bytes('peers6');
  const found = peers6 === undefined ? [] : decodePeers(peers6, 6);
  if (peers instanceof Uint8Array) found.unshift(...decodePeers(peers, 4));
  else if (Array.isArray(peers))
    for (const peer of peers) {
      const address = peer instanceof BDict ? readPeer(peer) : undefined;
      if (address !== undefined) found.push(address);
      if (found.length >= MAX_REPLY_PEERS) break;
    }
  return found;
}

/** Names instead of addresses (BEP 3 allows them) are left out: no tracker in use sends them, and a lookup can be abused. */
function readPeer(peer: BDict): PeerAddress | undefined {
  const host = peer.bytes('ip');
  const port = peer.int('port');
  if (host === undefined || host.length > 45 || port === undefined || port < 1 || port > 65535)
    return undefined;
  const ip = parseIp(latin1(host));
  return ip && { host: formatIp(ip), port };
}

function readCount(from: BDict, key: string): number | undefined {
  const value = from.int(key);
  return value !== undefined && value >= 0 ? value : undefined;
}
