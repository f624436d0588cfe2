/**
 * The UDP tracker protocol, both sides: BEP 15 (its form over IPv6 included) and the URL data of BEP 41.
 * Decoders give undefined for what is not a packet of the protocol; BEP 15 wants such packets ignored.
 * Byte fields of what they return are views into the packet.
 */
import { fromUtf8, readU16, readU32, utf8, writeU16, writeU32 } from '../../bytes.js';
import type { PeerAddress } from '../../ids.js';
import { COMPACT_BYTES, decodeCompactPeers, type IpFamily } from '../compact.js';
import { type AnnounceEvent, type AnnounceRequest, cleanText, MAX_REPLY_PEERS } from './announce.js';

export const UDP_ACTION = { connect: 0, announce: 1, scrape: 2, error: 3 } as const;

export const CONNECT_BYTES = 16;
export const ANNOUNCE_BYTES = 98;
export const ANNOUNCE_REPLY_HEAD_BYTES = 20;

/** Hashes that one scrape may carry; BEP 15 says "up to about 74". */
export const MAX_SCRAPE_HASHES = 74;

/** First 8 bytes of a connect request: the protocol id 0x41727101980 (BEP 15). */
const PROTOCOL_HIGH = 0x417;
const PROTOCOL_LOW = 0x27101980;

const HEAD_BYTES = 8;
const HASH_BYTES = 20;
const SCRAPE_ENTRY_BYTES = 12;
const EVENTS = [undefined, 'completed', 'started', 'stopped'] as const;

/** Option types of BEP 41. */
const OPTION = { end: 0, nop: 1, urlData: 2 } as const;

export interface UdpAnnounce extends Omit<AnnounceRequest, 'trackerId'> {
  readonly action: 'announce';
  readonly connectionId: Uint8Array;
  readonly transactionId: number;
  /** Path and query that the client was given (BEP 41), '' when it sent none. */
  readonly urlData: string;
}

export type UdpRequest =
  | { readonly action: 'connect'; readonly transactionId: number }
  | UdpAnnounce
  | {
      readonly action: 'scrape';
      readonly connectionId: Uint8Array;
      readonly transactionId: number;
      readonly infoHashes: readonly Uint8Array[];
    };

export type UdpResponse =
  | { readonly action: 'connect'; readonly transactionId: number; readonly connectionId: Uint8Array }
  | {
      readonly action: 'announce';
      readonly transactionId: number;
      readonly intervalSeconds: number;
      readonly leechers: number;
      readonly seeders: number;
      readonly peers: readonly PeerAddress[];
    }
  | { readonly action: 'scrape'; readonly transactionId: number; readonly entries: readonly UdpScrapeEntry[] }
  | { readonly action: 'error'; readonly transactionId: number; readonly message: string };

/** In the order of the hashes of the request. */
export interface UdpScrapeEntry {
  readonly seeders: number;
  readonly completed: number;
  readonly leechers: number;
}

/** 64-bit counters as numbers: exact up to 2^53, and zero only when all bits are. */
function readU64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) * 0x1_0000_0000 + readU32(bytes, at + 4);
}

function writeU64(bytes: Uint8Array, at: number, value: number): void {
  const safe = Math.min(Math.max(0, Math.floor(value)), Number.MAX_SAFE_INTEGER) || 0;
  writeU32(bytes, at, Math.floor(safe / 0x1_0000_0000));
  writeU32(bytes, at + 4, safe >>> 0);
}

export function encodeConnect(transactionId: number): Uint8Array {
  const packet = new Uint8Array(CONNECT_BYTES);
  writeU32(packet, 0, PROTOCOL_HIGH);
  writeU32(packet, 4, PROTOCOL_LOW);
  writeU32(packet, 12, transactionId);
  return packet;
}

/** `target` is path and query of the tracker's URL; it follows as BEP 41 options unless it is empty. */
export function encodeAnnounce(
  connectionId: Uint8Array,
  transactionId: number,
  request: AnnounceRequest,
  target = '',
): Uint8Array {
  const options = encodeUrlData(target);
  const packet = new Uint8Array(ANNOUNCE_BYTES + options.length);
  packet.set(connectionId, 0);
  writeU32(packet, 8, UDP_ACTION.announce);
  writeU32(packet, 12, transactionId);
  packet.set(request.infoHash, 16);
  packet.set(request.peerId, 36);
  writeU64(packet, 56, request.downloaded);
  writeU64(packet, 64, request.left);
  writeU64(packet, 72, request.uploaded);
  writeU32(packet, 80, EVENTS.indexOf(request.event));
  writeU32(packet, 88, request.key);
  writeU32(packet, 92, request.numWant ?? -1);
  writeU16(packet, 96, request.port);
  packet.set(options, ANNOUNCE_BYTES);
  return packet;
}

function encodeUrlData(target: string): Uint8Array {
  const data = utf8(target);
  const chunks = Math.ceil(data.length / 255);
  const options = new Uint8Array(data.length === 0 ? 0 : data.length + 2 * chunks + 1);
  for (let i = 0, at = 0; i < data.length; i += 255) {
    const chunk = data.subarray(i, i + 255);
    options[at] = OPTION.urlData;
    options[at + 1] = chunk.length;
    options.set(chunk, at + 2);
    at += 2 + chunk.length;
  }
  return options;
}

function decodeUrlData(options: Uint8Array): string {
  let text = '';
  for (let at = 0; at < options.length && options[at] !== OPTION.end; ) {
    if (options[at] === OPTION.nop) {
      at++;
      continue;
    }
    const end = at + 2 + options[at + 1];
    if (!(end <= options.length)) break;
    if (options[at] === OPTION.urlData) text += fromUtf8(options.subarray(at + 2, end));
    at = end;
  }
  return text;
}

/** @throws RangeError for no hash or more than {@link MAX_SCRAPE_HASHES}. */
export function encodeScrape(
  connectionId: Uint8Array,
  transactionId: number,
  infoHashes: readonly Uint8Array[],
): Uint8Array {
  if (infoHashes.length < 1 || infoHashes.length > MAX_SCRAPE_HASHES) {
    throw new RangeError(`a scrape names ${infoHashes.length} torrents, must be 1 to ${MAX_SCRAPE_HASHES}`);
  }
  const packet = new Uint8Array(16 + HASH_BYTES * infoHashes.length);
  packet.set(connectionId, 0);
  writeU32(packet, 8, UDP_ACTION.scrape);
  writeU32(packet, 12, transactionId);
  infoHashes.forEach((infoHash, i) => {
    packet.set(infoHash, 16 + HASH_BYTES * i);
  });
  return packet;
}

/** A packet that reached a tracker. The connection id is not judged here. */
export function decodeUdpRequest(packet: Uint8Array): UdpRequest | undefined {
  if (packet.length < 16) return undefined;
  const transactionId = readU32(packet, 12);
  switch (readU32(packet, 8)) {
    case UDP_ACTION.connect:
      if (readU32(packet, 0) !== PROTOCOL_HIGH || readU32(packet, 4) !== PROTOCOL_LOW) return undefined;
      return { action: 'connect', transactionId };
    case UDP_ACTION.announce:
      return packet.length < ANNOUNCE_BYTES ? undefined : decodeAnnounce(packet, transactionId);
    case UDP_ACTION.scrape: {
      const count = Math.min(Math.floor((packet.length - 16) / HASH_BYTES), MAX_SCRAPE_HASHES);
      if (count === 0) return undefined;
      const infoHashes: Uint8Array[] = [];
      for (let at = 16; infoHashes.length < count; at += HASH_BYTES)
        infoHashes.push(packet.subarray(at, at + HASH_BYTES));
      return { action: 'scrape', connectionId: packet.subarray(0, 8), transactionId, infoHashes };
    }
    default:
      return undefined;
  }
}

function decodeAnnounce(packet: Uint8Array, transactionId: number): UdpAnnounce {
  const numWant = readU32(packet, 92) | 0;
  const event: AnnounceEvent | undefined = EVENTS[readU32(packet, 80)];
  return {
    action: 'announce',
    connectionId: packet.subarray(0, 8),
    transactionId,
    infoHash: packet.subarray(16, 36),
    peerId: packet.subarray(36, 56),
    downloaded: readU64(packet, 56),
    left: readU64(packet, 64),
    uploaded: readU64(packet, 72),
    event,
    key: readU32(packet, 88),
    // Negative is "as many as you like".
    numWant: numWant < 0 ? undefined : numWant,
    port: readU16(packet, 96),
    urlData: packet.length > ANNOUNCE_BYTES ? decodeUrlData(packet.subarray(ANNOUNCE_BYTES)) : '',
  };
}

/** Writes a connect reply and gives its length. All `write*` need 16, 20, 8 + 12 a torrent, or 8 + text bytes. */
export function writeConnectReply(into: Uint8Array, transactionId: number, connectionId: Uint8Array): number {
  writeU32(into, 0, UDP_ACTION.connect);
  writeU32(into, 4, transactionId);
  into.set(connectionId, 8);
  return CONNECT_BYTES;
}

/** Writes the head of an announce reply; the caller puts the compact peers behind it. */
export function writeAnnounceReplyHead(
  into: Uint8Array,
  transactionId: number,
  intervalSeconds: number,
  leechers: number,
  seeders: number,
): number {
  writeU32(into, 0, UDP_ACTION.announce);
  writeU32(into, 4, transactionId);
  writeU32(into, 8, intervalSeconds);
  writeU32(into, 12, leechers);
  writeU32(into, 16, seeders);
  return ANNOUNCE_REPLY_HEAD_BYTES;
}

export function writeScrapeReply(
  into: Uint8Array,
  transactionId: number,
  entries: readonly UdpScrapeEntry[],
): number {
  writeU32(into, 0, UDP_ACTION.scrape);
  writeU32(into, 4, transactionId);
  let at = HEAD_BYTES;
  for (const { seeders, completed, leechers } of entries) {
    writeU32(into, at, seeders);
    writeU32(into, at + 4, completed);
    writeU32(into, at + 8, leechers);
    at += SCRAPE_ENTRY_BYTES;
  }
  return at;
}

export function writeErrorReply(into: Uint8Array, transactionId: number, message: string): number {
  const text = utf8(message);
  writeU32(into, 0, UDP_ACTION.error);
  writeU32(into, 4, transactionId);
  into.set(text, HEAD_BYTES);
  return HEAD_BYTES + text.length;
}

/**
 * A packet that came back from a tracker. `family` is that of the socket: it decides between 6 and 18 bytes a peer.
 * An incomplete last peer is ignored, as are peers past {@link MAX_REPLY_PEERS}.
 */
export function decodeUdpResponse(packet: Uint8Array, family: IpFamily): UdpResponse | undefined {
  if (packet.length < HEAD_BYTES) return undefined;
  const transactionId = readU32(packet, 4);
  switch (readU32(packet, 0)) {
    case UDP_ACTION.connect:
      if (packet.length < CONNECT_BYTES) return undefined;
      return { action: 'connect', transactionId, connectionId: packet.subarray(8, CONNECT_BYTES) };
    case UDP_ACTION.announce:
      if (packet.length < ANNOUNCE_REPLY_HEAD_BYTES) return undefined;
      return {
        action: 'announce',
        transactionId,
        intervalSeconds: readU32(packet, 8),
        leechers: readU32(packet, 12),
        seeders: readU32(packet, 16),
        peers: decodePeers(packet.subarray(ANNOUNCE_REPLY_HEAD_BYTES), family),
      };
    case UDP_ACTION.scrape: {
      const entries: UdpScrapeEntry[] = [];
      for (let at = HEAD_BYTES; at + SCRAPE_ENTRY_BYTES <= packet.length; at += SCRAPE_ENTRY_BYTES) {
        if (entries.length === MAX_SCRAPE_HASHES) break;
        entries.push({
          seeders: readU32(packet, at),
          completed: readU32(packet, at + 4),
          leechers: readU32(packet, at + 8),
        });
      }
      return { action: 'scrape', transactionId, entries };
    }
    case UDP_ACTION.error:
      return { action: 'error', transactionId, message: cleanText(fromUtf8(packet.subarray(HEAD_BYTES))) };
    default:
      return undefined;
  }
}

/** Whole entries of a compact list (BEP 23, BEP 7), without those that nobody can dial. */
export function decodePeers(bytes: Uint8Array, family: IpFamily): PeerAddress[] {
  const size = COMPACT_BYTES[family];
  const count = Math.min(Math.floor(bytes.length / size), MAX_REPLY_PEERS);
  return decodeCompactPeers(bytes.subarray(0, count * size), family) ?? [];
}
