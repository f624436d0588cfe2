import { fromHex, utf8 } from '../../bytes.js';
import type { InfoHash } from '../../ids.js';

/** 19, "BitTorrent protocol": what every handshake starts with (BEP 3). */
export const PROTOCOL_HEADER = Uint8Array.of(19, ...utf8('BitTorrent protocol'));

export const INFO_HASH_BYTES = 20;
export const PEER_ID_BYTES = 20;
export const RESERVED_BYTES = 8;

/** Header, reserved bytes and info-hash: what a listener needs before it can answer. */
export const HANDSHAKE_HEAD_BYTES = PROTOCOL_HEADER.length + RESERVED_BYTES + INFO_HASH_BYTES;

export const HANDSHAKE_BYTES = HANDSHAKE_HEAD_BYTES + PEER_ID_BYTES;

export interface Handshake {
  /** Eight bytes, see encodeFeatures. */
  readonly reserved: Uint8Array;
  readonly infoHash: InfoHash;
  readonly peerId: Uint8Array;
}

/** @throws RangeError when a part has the wrong length. */
export function encodeHandshake({ reserved, infoHash, peerId }: Handshake): Uint8Array {
  const hash = fromHex(infoHash);
  if (reserved.length !== RESERVED_BYTES)
    throw new RangeError(`reserved is ${reserved.length} bytes, must be 8`);
  if (hash.length !== INFO_HASH_BYTES) throw new RangeError(`info-hash is ${hash.length} bytes, must be 20`);
  if (peerId.length !== PEER_ID_BYTES) throw new RangeError(`peer id is ${peerId.length} bytes, must be 20`);
  const bytes = new Uint8Array(HANDSHAKE_BYTES);
  bytes.set(PROTOCOL_HEADER);
  bytes.set(reserved, PROTOCOL_HEADER.length);
  bytes.set(hash, HANDSHAKE_HEAD_BYTES - INFO_HASH_BYTES);
  bytes.set(peerId, HANDSHAKE_HEAD_BYTES);
  return bytes;
}
