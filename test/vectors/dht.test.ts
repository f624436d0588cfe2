import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../src/engine/bytes.js';
import { sharedBits } from '../../src/engine/dht/distance.js';
import { createDhtKeys, dhtCrypto, signWith } from '../../src/engine/discovery/dht-crypto.js';
import { formatAddress } from '../../src/engine/ids.js';
import { crc32c } from '../../src/engine/protocol/crc32c.js';
import { addToBloomFilter, BLOOM_FILTER_BYTES, estimateBloomFilter } from '../../src/engine/protocol/dht/bloom-filter.js';
import { decodeCompactNodes, encodeCompactNodes } from '../../src/engine/protocol/dht/compact-nodes.js';
import { isItemValue, itemTarget, signedBytes, verifyItem } from '../../src/engine/protocol/dht/item.js';
import { decodeDhtMessage, encodeDhtMessage } from '../../src/engine/protocol/dht/krpc.js';
import type { DhtItem } from '../../src/engine/protocol/dht/messages.js';
import { isNodeIdFor, nodeIdFor } from '../../src/engine/protocol/dht/node-id.js';
import { readVectors } from '../lib/vectors.js';

interface Node {
  id: string;
  addr: string;
}

interface MutableRow {
  valueBencodedHex: string;
  seq: number | string;
  saltHex: string;
  signingInputHex: string;
  publicKey: string;
  seed?: string;
  signature: string;
  target: string;
}

interface Vectors {
  bep5_krpc: { name: string; hex: string; peers?: string[]; nodes?: Node[] }[];
  bep5_distance: {
    cases: { a: string; b: string; exp: number }[];
    prefixMask: { bits: number; mask: string }[];
  };
  bep33_bloom: { filterHex: string; estimate: number; single: { ip: string; bits: number[] } };
  bep42_node_id: {
    cases: { ip: string; nodeId: string; valid: boolean; rand?: number; crc?: string }[];
    prefixes: { cases: { ip: string; r: number; first21bits: string }[] };
  };
  bep44_store: {
    mutable: MutableRow[];
    immutable: { valueBencodedHex: string; target: string }[];
    mustNotVerify: { publicKey: string; signature: string; signingInputHex: string; why: string }[];
  };
  ed25519: { seed: string; publicKey: string; signature: string; messageHex: string }[];
  crc32c: { cases: { hex: string; crc: string }[] };
  nodes4: { hex: string; nodes: Node[] }[];
}

const vectors = readVectors<Vectors>('dht.json');
const packet = (name: string) => fromHex(vectors.bep5_krpc.find(row => row.name === name)!.hex);
const { sha1, verify } = dhtCrypto;

describe('BEP 5 packets', () => {
  const id = utf8('abcdefghij0123456789');
  const answering = utf8('mnopqrstuvwxyz123456');
  const transaction = utf8('aa');
  const query = (body: object) => ({ type: 'query', transaction, id, query: body });
  const response = (from: Uint8Array, answer: object) => ({ type: 'response', transaction, id: from, answer });

  /** What the example says; the nodes of two of them are an ellipsis. */
  const meanings: Record<string, object> = {
    'generic error': { type: 'error', transaction, code: 201, text: 'A Generic Error Ocurred' },
    'ping query': query({ method: 'ping' }),
    'ping response': response(answering, {}),
    'find_node query': query({ method: 'find_node', target: answering }),
    'find_node response': response(utf8('0123456789abcdefghij'), {}),
    'get_peers query': query({ method: 'get_peers', infoHash: answering }),
    'get_peers response with peers': response(id, {
      token: utf8('aoeusnth'),
      peers: [
        { host: '97.120.106.101', port: 11893 },
        { host: '105.100.104.116', port: 28269 },
      ],
    }),
    'get_peers response with nodes': response(id, { token: utf8('aoeusnth') }),
    'announce_peer query': query({
      method: 'announce_peer',
      infoHash: answering,
      port: 6881,
      impliedPort: true,
      token: utf8('aoeusnth'),
    }),
    'announce_peer response': response(answering, {}),
    'BEP 51 response without num': {
      ...response(utf8('hellohellohellohello'), { interval: 420, samples: [] }),
      transaction: utf8('hello'),
    },
    'response with one node': {
      ...response(new Uint8Array(20), { nodes: [{ id: new Uint8Array(20), host: '1.2.3.4', port: 4660 }] }),
      transaction: fromHex('8c25'),
    },
  };

  it.each(vectors.bep5_krpc)('$name', ({ name, hex }) => {
    const message = decodeDhtMessage(fromHex(hex))!;
    expect(message).toEqual(meanings[name]);
    if (hex.includes(toHex(utf8('def456...')))) return;
    if (message.type !== 'refused') expect(toHex(encodeDhtMessage(message))).toBe(hex);
  });

  it('is told the peers and nodes that the rows state', () => {
    for (const { name, peers, nodes } of vectors.bep5_krpc) {
      const message = decodeDhtMessage(packet(name));
      const { answer } = message as Extract<typeof message, { type: 'response' }>;
      if (peers) expect(answer.peers?.map(formatAddress)).toEqual(peers);
      if (nodes) expect(answer.nodes?.map(stated)).toEqual(nodes);
    }
  });

  it.each(vectors.nodes4)('compact nodes $hex', ({ hex, nodes }) => {
    const read = decodeCompactNodes(fromHex(hex), 4)!;
    expect(read.map(stated)).toEqual(nodes);
    expect(toHex(encodeCompactNodes(read, 4))).toBe(hex);
  });
});

function stated({ id, host, port }: { id: Uint8Array; host: string; port: number }): Node {
  return { id: toHex(id), addr: formatAddress({ host, port }) };
}

describe('BEP 5 distances', () => {
  const { cases, prefixMask } = vectors.bep5_distance;

  it.each(cases)('$a and $b differ from bit $exp on', ({ a, b, exp }) => {
    expect(Math.max(0, 159 - sharedBits(fromHex(a), fromHex(b)))).toBe(exp);
  });

  it.each(prefixMask)('$mask has $bits bits', ({ bits, mask }) => {
    expect(sharedBits(fromHex(mask), new Uint8Array(20).fill(0xff))).toBe(bits);
  });
});

describe('BEP 33 filters', () => {
  const { filterHex, estimate, single } = vectors.bep33_bloom;

  it('has the 1256 addresses of the BEP', () => {
    const filter = new Uint8Array(BLOOM_FILTER_BYTES);
    for (let i = 0; i < 256; i++) addToBloomFilter(filter, `192.0.2.${i}`, sha1);
    for (let i = 0; i < 1000; i++) addToBloomFilter(filter, `2001:db8::${i.toString(16)}`, sha1);
    expect(toHex(filter)).toBe(filterHex);
    expect(estimateBloomFilter(filter)).toBeCloseTo(estimate, 3); // cut after four digits, not rounded
  });

  it('sets the bits of one address', () => {
    const filter = new Uint8Array(BLOOM_FILTER_BYTES);
    addToBloomFilter(filter, single.ip, sha1);
    const bits = Array.from({ length: 2048 }, (_, i) => i).filter(i => filter[i >> 3] & (1 << (i & 7)));
    expect(bits).toEqual(single.bits);
  });
});

describe('BEP 42 ids', () => {
  const { cases, prefixes } = vectors.bep42_node_id;

  it.each(cases)('$nodeId at $ip: $valid', ({ ip, nodeId, valid }) => {
    expect(isNodeIdFor(ip, fromHex(nodeId))).toBe(valid);
  });

  it.each(prefixes.cases)('$ip with $r begins with $first21bits', ({ ip, r, first21bits }) => {
    const random = new Uint8Array(20).fill(0xa0, 0, 19);
    random[19] = 0xf8 | r;
    const made = nodeIdFor(ip, random);
    expect(toHex(made)).toBe(`${first21bits}${'a0'.repeat(16)}${toHex(random.subarray(19))}`);
    expect(isNodeIdFor(ip, made)).toBe(true);
  });

  it.each(vectors.crc32c.cases)('CRC-32C of $hex', ({ hex, crc }) => {
    expect(crc32c(fromHex(hex)).toString(16).padStart(8, '0')).toBe(crc);
  });
});

describe('BEP 44 items', () => {
  const { mutable, immutable, mustNotVerify } = vectors.bep44_store;

  it.each(mutable)('mutable: $signingInputHex', row => {
    const salt = fromHex(row.saltHex);
    const value = fromHex(row.valueBencodedHex);
    const seq = Number(row.seq);
    const key = fromHex(row.publicKey);
    const item: DhtItem = { value, mutable: { key, salt, seq, signature: fromHex(row.signature) } };
    expect(toHex(signedBytes(value, seq, salt))).toBe(row.signingInputHex);
    expect(toHex(itemTarget(item, sha1))).toBe(row.target);
    expect(verifyItem(item, verify)).toBe(true);
    expect(verifyItem({ value, mutable: { ...item.mutable!, seq: seq + 1 } }, verify)).toBe(false);
    expect(isItemValue(value)).toBe(true);
    if (row.seed === undefined) return; // an expanded key: no seed, and so nothing that node:crypto signs with
    const keys = createDhtKeys(fromHex(row.seed));
    expect(toHex(keys.publicKey)).toBe(row.publicKey);
    expect(toHex(signWith(keys.secretKey, signedBytes(value, seq, salt)))).toBe(row.signature);
  });

  it.each(immutable)('immutable: $target', ({ valueBencodedHex, target }) => {
    const value = fromHex(valueBencodedHex);
    expect(toHex(itemTarget({ value }, sha1))).toBe(target);
    expect(verifyItem({ value }, verify)).toBe(true);
  });

  it.each(mustNotVerify)('must not verify: $why', ({ publicKey, signature, signingInputHex }) => {
    expect(verify(fromHex(publicKey), fromHex(signingInputHex), fromHex(signature))).toBe(false);
  });
});

describe('ed25519', () => {
  it.each(vectors.ed25519)('$publicKey', ({ seed, publicKey, signature, messageHex }) => {
    const keys = createDhtKeys(fromHex(seed));
    expect(toHex(keys.publicKey)).toBe(publicKey);
    expect(toHex(signWith(keys.secretKey, fromHex(messageHex)))).toBe(signature);
    expect(verify(keys.publicKey, fromHex(messageHex), fromHex(signature))).toBe(true);
    expect(verify(keys.publicKey, fromHex(`${messageHex}00`), fromHex(signature))).toBe(false);
  });

  it('takes no key and no signature of another length for one', () => {
    const { publicKey, signature, messageHex } = vectors.ed25519[0];
    expect(verify(fromHex(publicKey).subarray(1), fromHex(messageHex), fromHex(signature))).toBe(false);
    expect(verify(fromHex(publicKey), fromHex(messageHex), fromHex(signature).subarray(1))).toBe(false);
  });
});
