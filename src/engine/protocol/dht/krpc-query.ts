import { latin1 } from '../../bytes.js';
import type { BDict } from '../bencode.js';
import { isItemValue } from './item.js';
import {
  MAX_SALT_BYTES,
  MAX_TOKEN_BYTES,
  MAX_VALUE_BYTES,
  PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
} from './limits.js';
import { type DhtItem, type DhtQuery, NODE_ID_BYTES, type Want } from './messages.js';

/** Errors of BEP 5 and BEP 44. */
const PROTOCOL = 203;
const METHOD_UNKNOWN = 204;
const VALUE_TOO_BIG = 205;
const SALT_TOO_BIG = 207;

interface Refusal {
  readonly code: number;
  readonly text: string;
}

interface ReadQuery {
  readonly id: Uint8Array;
  readonly query: DhtQuery;
  readonly readOnly?: boolean;
}

export function readQuery(top: BDict): ReadQuery | Refusal {
  const method = top.bytes('q');
  const fields = top.dict('a');
  const id = fields?.bytes('id');
  if (!method || !fields || id?.length !== NODE_ID_BYTES)
    return wrong('a query has a method, and an id of 20 bytes');
  const query = readArguments(latin1(method.subarray(0, 32)), fields);
  if ('code' in query) return query;
  return top.int('ro') === 1 ? { id, query, readOnly: true } : { id, query };
}

function readArguments(method: string, fields: BDict): DhtQuery | Refusal {
  switch (method) {
    case 'ping':
      return { method };
    case 'get_peers':
      return readGetPeers(fields);
    case 'announce_peer':
      return readAnnounce(fields);
    case 'get': {
      const target = place(fields, 'target');
      const seq = fields.int('seq');
      return target
        ? { method, target, ...(seq !== undefined && { seq }), ...readWant(fields) }
        : wrong('no target');
    }
    case 'put':
      return readPut(fields);
    case 'find_node':
    case 'sample_infohashes': {
      const target = place(fields, 'target');
      return target ? { method, target, ...readWant(fields) } : wrong('no target');
    }
    default: {
      // A method of the future that names a place: nodes close to it help, as in libtorrent (node.cpp).
      const target = place(fields, 'target') ?? place(fields, 'info_hash');
      if (target) return { method: 'find_node', target, ...readWant(fields) };
      return { code: METHOD_UNKNOWN, text: 'Method Unknown' };
    }
  }
}

function readGetPeers(fields: BDict): DhtQuery | Refusal {
  const infoHash = place(fields, 'info_hash');
  if (!infoHash) return wrong('no info_hash');
  return {
    method: 'get_peers',
    infoHash,
    ...readWant(fields),
    ...(fields.int('noseed') === 1 && { noSeed: true }),
    ...(fields.int('scrape') === 1 && { scrape: true }),
  };
}

function readAnnounce(fields: BDict): DhtQuery | Refusal {
  const infoHash = place(fields, 'info_hash');
  const token = readToken(fields);
  const impliedPort = fields.int('implied_port') === 1;
  const port = fields.int('port') ?? 0;
  const inRange = port > 0 && port < 0x1_0000;
  if (!infoHash) return wrong('no info_hash');
  if (!token) return wrong('no token');
  if (!inRange && !impliedPort) return wrong('no port');
  return {
    method: 'announce_peer',
    infoHash,
    port: inRange ? port : 0,
    token,
    ...(impliedPort && { impliedPort }),
    ...(fields.int('seed') === 1 && { seed: true }),
  };
}

function readPut(fields: BDict): DhtQuery | Refusal {
  const token = readToken(fields);
  const value = fields.raw('v');
  if (!token) return wrong('no token');
  if (!value) return wrong('no value');
  if (value.length > MAX_VALUE_BYTES) return { code: VALUE_TOO_BIG, text: 'message (v field) too big' };
  if ((fields.bytes('salt')?.length ?? 0) > MAX_SALT_BYTES)
    return { code: SALT_TOO_BIG, text: 'salt (salt field) too big' };
  if (!isItemValue(value)) return wrong('the value is not bencoded, or its keys are not in order');
  const item = readItem(fields, value, fields.bytes('salt'));
  if (!item) return wrong('no key, sequence number and signature');
  const cas = fields.int('cas');
  return { method: 'put', token, item, ...(cas !== undefined && { cas }) };
}

/** Mutable when there is a key; undefined when that lacks what belongs to it. */
export function readItem(fields: BDict, value: Uint8Array, salt?: Uint8Array): DhtItem | undefined {
  if (!fields.has('k')) return { value };
  const key = fields.bytes('k');
  const signature = fields.bytes('sig');
  const seq = fields.int('seq');
  if (key?.length !== PUBLIC_KEY_BYTES || signature?.length !== SIGNATURE_BYTES) return undefined;
  if (seq === undefined || seq < 0) return undefined;
  return { value, mutable: { key, seq, signature, ...(salt?.length && { salt }) } };
}

export function readToken(fields: BDict): Uint8Array | undefined {
  const token = fields.bytes('token');
  return token && token.length > 0 && token.length <= MAX_TOKEN_BYTES ? token : undefined;
}

function place(fields: BDict, key: string): Uint8Array | undefined {
  const bytes = fields.bytes(key);
  return bytes?.length === NODE_ID_BYTES ? bytes : undefined;
}

function readWant(fields: BDict): { want?: Want } {
  const list = fields.list('want');
  if (!list) return {};
  const names = list.map(name => (name instanceof Uint8Array ? latin1(name.subarray(0, 2)) : ''));
  return { want: { v4: names.includes('n4'), v6: names.includes('n6') } };
}

function wrong(what: string): Refusal {
  return { code: PROTOCOL, text: `Protocol Error: ${what}` };
}
