import { fromUtf8, latin1 } from '../../bytes.js';
import type { PeerAddress } from '../../ids.js';
import { BDict, decodePrefix } from '../bencode.js';
import { COMPACT_BYTES, decodeCompactPeers } from '../compact.js';
import { readAnswer } from './krpc-answer.js';
import { readQuery } from './krpc-query.js';
import {
  MAX_ERROR_TEXT_CHARACTERS,
  MAX_TRANSACTION_BYTES,
  MAX_VERSION_BYTES,
  PACKET_LIMITS,
} from './limits.js';
import { type DhtMessage, NODE_ID_BYTES } from './messages.js';

const DICT = 0x64;

/** A query that cannot be taken, but can be answered by an error: 203, 204 (BEP 5), 205 or 207 (BEP 44). */
export interface DhtRefusedQuery {
  readonly type: 'refused';
  readonly transaction: Uint8Array;
  readonly code: number;
  readonly text: string;
}

/**
 * Reads a packet. What is none, or longer than any, gives undefined; nothing is thrown. Byte strings are views.
 * Keys may be out of order and bytes may follow, as other clients allow; fields that are not known are passed over.
 */
export function decodeDhtMessage(packet: Uint8Array): DhtMessage | DhtRefusedQuery | undefined {
  const top = readDict(packet);
  const transaction = top?.bytes('t');
  if (!top || !transaction || transaction.length < 1 || transaction.length > MAX_TRANSACTION_BYTES)
    return undefined;
  const kind = top.bytes('y');
  if (kind?.length !== 1) return undefined;
  const version = top.bytes('v');
  const envelope =
    version && version.length <= MAX_VERSION_BYTES ? { transaction, version } : { transaction };
  switch (latin1(kind)) {
    case 'q': {
      const read = readQuery(top);
      if ('code' in read) return { type: 'refused', transaction, ...read };
      return { type: 'query', ...envelope, ...read };
    }
    case 'r': {
      const fields = top.dict('r');
      const id = fields?.bytes('id');
      if (!fields || id?.length !== NODE_ID_BYTES) return undefined;
      return { type: 'response', ...envelope, id, answer: readAnswer(fields), ...seenAs(top) };
    }
    case 'e': {
      const [code, text] = top.list('e') ?? [];
      if (typeof code !== 'number' || !(text instanceof Uint8Array)) return undefined;
      // By characters: bytes would cut one in two, and what is not UTF-8 grows when it is written again.
      const kept = Array.from(fromUtf8(text)).slice(0, MAX_ERROR_TEXT_CHARACTERS).join('');
      return { type: 'error', ...envelope, code, text: kept, ...seenAs(top) };
    }
    default:
      return undefined;
  }
}

function readDict(packet: Uint8Array): BDict | undefined {
  if (packet[0] !== DICT) return undefined; // most of what strays in here
  try {
    const { value } = decodePrefix(packet, PACKET_LIMITS);
    return value instanceof BDict ? value : undefined;
  } catch {
    return undefined;
  }
}

function seenAs(top: BDict): { seenAs?: PeerAddress } {
  const ip = top.bytes('ip');
  if (ip?.length !== COMPACT_BYTES[4] && ip?.length !== COMPACT_BYTES[6]) return {};
  const [seenAs] = decodeCompactPeers(ip, ip.length === COMPACT_BYTES[4] ? 4 : 6) ?? [];
  return seenAs ? { seenAs } : {};
}
