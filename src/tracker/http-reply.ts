import { type BInput, encode } from '../engine/protocol/bencode.js';
import { formatIp } from '../engine/protocol/compact.js';
import type { ScrapeEntry } from '../engine/protocol/tracker/announce.js';
import { PEER_ID_BYTES } from './peer-list.js';

export interface HttpAnnounceReply {
  readonly intervalSeconds: number;
  readonly minIntervalSeconds: number;
  readonly seeders: number;
  readonly leechers: number;
  /** 4 or 16 bytes: where the request came from (BEP 24). */
  readonly host: Uint8Array;
  /** Compact peers of the family of `host`. */
  readonly peers: Uint8Array;
}

/** Peers as one string: `peers` (BEP 23) or, for a client that came over IPv6, `peers6` (BEP 7). */
export function encodeCompactReply(reply: HttpAnnounceReply): Uint8Array {
  const ip4 = reply.host.length === 4;
  return encode({
    ...heads(reply),
    // An IPv6 client gets the old key too, as some refuse a reply without it.
    peers: ip4 ? reply.peers : new Uint8Array(0),
    peers6: ip4 ? undefined : reply.peers,
  });
}

/** Peers as a list of dictionaries (BEP 3), with their ids if given. */
export function encodeListReply(reply: HttpAnnounceReply, peerIds: Uint8Array | undefined): Uint8Array {
  const stride = reply.host.length + 2;
  const peers: BInput[] = [];
  for (let at = 0, id = 0; at < reply.peers.length; at += stride, id += PEER_ID_BYTES) {
    peers.push({
      ip: formatIp(reply.peers.subarray(at, at + stride - 2)),
      port: reply.peers[at + stride - 2] * 256 + reply.peers[at + stride - 1],
      'peer id': peerIds?.subarray(id, id + PEER_ID_BYTES),
    });
  }
  return encode({ ...heads(reply), peers });
}

/** @param entries by the 20 raw bytes of the info-hash. */
export function encodeScrapeReply(
  entries: ReadonlyMap<Uint8Array, Omit<ScrapeEntry, 'infoHash'>>,
): Uint8Array {
  const files = new Map<Uint8Array, BInput>();
  for (const [infoHash, { seeders, leechers, completed }] of entries) {
    files.set(infoHash, { complete: seeders, downloaded: completed, incomplete: leechers });
  }
  return encode({ files });
}

export function encodeFailure(reason: string): Uint8Array {
  return encode({ 'failure reason': reason });
}

function heads(reply: HttpAnnounceReply) {
  return {
    complete: reply.seeders,
    'external ip': reply.host,
    incomplete: reply.leechers,
    interval: reply.intervalSeconds,
    'min interval': reply.minIntervalSeconds,
  };
}
