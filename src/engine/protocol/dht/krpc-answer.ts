import type { PeerAddress } from '../../ids.js';
import type { BDict } from '../bencode.js';
import { COMPACT_BYTES, decodeCompactPeers } from '../compact.js';
import { BLOOM_FILTER_BYTES } from './bloom-filter.js';
import { decodeCompactNodes } from './compact-nodes.js';
import { readItem, readToken } from './krpc-query.js';
import { MAX_NODES, MAX_PEERS, MAX_VALUE_BYTES } from './limits.js';
import { type DhtAnswer, NODE_ID_BYTES } from './messages.js';

/** Whatever there is; fields that are broken count as missing, since the others may still help. */
export function readAnswer(fields: BDict): DhtAnswer {
  const nodes = fields.bytes('nodes');
  const nodes6 = fields.bytes('nodes6');
  const value = fields.raw('v');
  const answer: Mutable<DhtAnswer> = {};
  answer.nodes = nodes && decodeCompactNodes(nodes, 4, MAX_NODES);
  answer.nodes6 = nodes6 && decodeCompactNodes(nodes6, 6, MAX_NODES);
  answer.token = readToken(fields);
  answer.peers = readPeers(fields);
  answer.seeds = filter(fields, 'BFsd');
  answer.downloaders = filter(fields, 'BFpe');
  answer.item = value && value.length <= MAX_VALUE_BYTES ? readItem(fields, value) : undefined;
  answer.seq = count(fields, 'seq');
  answer.samples = readSamples(fields);
  answer.interval = count(fields, 'interval');
  answer.stored = count(fields, 'num');
  for (const key of Object.keys(answer) as (keyof DhtAnswer)[])
    if (answer[key] === undefined) delete answer[key];
  return answer;
}

type Mutable<T> = { -readonly [key in keyof T]: T[key] };

/** Peers of both families: each is a string of its own, so the length tells. */
function readPeers(fields: BDict): PeerAddress[] | undefined {
  return fields
    .list('values')
    ?.slice(0, MAX_PEERS)
    .flatMap(peer => {
      if (!(peer instanceof Uint8Array)) return [];
      if (peer.length === COMPACT_BYTES[4]) return decodeCompactPeers(peer, 4) ?? [];
      return peer.length === COMPACT_BYTES[6] ? (decodeCompactPeers(peer, 6) ?? []) : [];
    });
}

function readSamples(fields: BDict): Uint8Array[] | undefined {
  const bytes = fields.bytes('samples');
  if (!bytes || bytes.length % NODE_ID_BYTES !== 0) return undefined;
  return Array.from({ length: bytes.length / NODE_ID_BYTES }, (_, i) =>
    bytes.subarray(i * NODE_ID_BYTES, (i + 1) * NODE_ID_BYTES),
  );
}

function filter(fields: BDict, key: string): Uint8Array | undefined {
  const bytes = fields.bytes(key);
  return bytes?.length === BLOOM_FILTER_BYTES ? bytes : undefined;
}

function count(fields: BDict, key: string): number | undefined {
  const value = fields.int(key);
  return value !== undefined && value >= 0 ? value : undefined;
}
