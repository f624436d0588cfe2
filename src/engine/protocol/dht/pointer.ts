import { fromHex, toHex } from '../../bytes.js';
import type { InfoHash } from '../../ids.js';
import { BDict, decodePrefix, encode } from '../bencode.js';
import { PACKET_LIMITS } from './limits.js';
import { NODE_ID_BYTES } from './messages.js';

/** Value of a mutable item that points to a torrent (BEP 46). */
export function encodePointer(infoHash: InfoHash): Uint8Array {
  return encode({ ih: fromHex(infoHash) });
}

/** The torrent that a value points to; undefined when it is no pointer. */
export function decodePointer(value: Uint8Array): InfoHash | undefined {
  try {
    const dict = decodePrefix(value, PACKET_LIMITS).value;
    const hash = dict instanceof BDict ? dict.bytes('ih') : undefined;
    return hash?.length === NODE_ID_BYTES ? toHex(hash) : undefined;
  } catch {
    return undefined;
  }
}
