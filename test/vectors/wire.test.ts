import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, latin1, toHex, utf8 } from '../../src/engine/bytes.js';
import { formatAddress } from '../../src/engine/ids.js';
import { decodeCompactPeers, encodeCompactPeers, type IpFamily } from '../../src/engine/protocol/compact.js';
import { allowedFastSet } from '../../src/engine/protocol/peer/allowed-fast.js';
import { decodeMessages } from '../lib/decode-messages.js';
import { PeerDecoder } from '../../src/engine/protocol/peer/decoder.js';
import { encodeHandshake, encodeMessage } from '../../src/engine/protocol/peer/encoder.js';
import { decodeExtendedHandshake } from '../../src/engine/protocol/peer/extended.js';
import { decodeFeatures, encodeFeatures } from '../../src/engine/protocol/peer/features.js';
import type { Message } from '../../src/engine/protocol/peer/messages.js';
import { clientName } from '../../src/engine/protocol/peer-id.js';

interface MessageRow {
  name: string;
  hex: string;
  index?: number;
  begin?: number;
  length?: number;
  payloadHex?: string;
  numPieces?: number;
}

interface Vectors {
  bep3_wire: {
    handshake: { features?: string[]; reserved?: string; hex: string }[];
    messages: MessageRow[];
    mustFail: { hex: string; why: string; numPieces?: number; incomplete?: boolean }[];
  };
  bep6_messages: MessageRow[];
  bep6_allowed_fast: {
    cases: { k: number; numPieces: number; infoHash: string; ip: string; pieces: number[] }[];
  };
  bep10_extended_handshake: { name: string; dictHex: string }[];
  bep23_compact: {
    v4: { hex: string; peers: string[] }[];
    v6: { hex: string; peers: string[] }[];
    badLength: { hex: string; family: IpFamily }[];
  };
  peer_ids: { prefix: string; prefixHex?: string; client: string }[];
}

const vectors: Vectors = JSON.parse(readFileSync(new URL('./wire.json', import.meta.url), 'utf8'));

describe('handshake (BEP 3, 5, 6, 10, 52)', () => {
  for (const row of vectors.bep3_wire.handshake) {
    it(row.features?.join(', ') ?? 'plain', () => {
      const features = {
        extended: row.features?.some(text => text.startsWith('extension')) ?? false,
        dht: row.features?.some(text => text.startsWith('DHT')) ?? false,
        fast: row.features?.some(text => text.startsWith('fast')) ?? false,
        v2: row.features?.some(text => text.startsWith('v2')) ?? false,
      };
      const infoHash = toHex(utf8('01234567890123456789'));
      const peerId = utf8('12345678901234567890');
      expect(toHex(encodeHandshake({ reserved: encodeFeatures(features), infoHash, peerId }))).toBe(row.hex);
      const decoder = new PeerDecoder();
      decoder.push(fromHex(row.hex), 0, 68);
      const head = decoder.next();
      expect(head).toMatchObject({ type: 'handshake', infoHash });
      expect(head?.type === 'handshake' && decodeFeatures(head.reserved)).toEqual(features);
      expect(decoder.next()).toEqual({ type: 'peer-id', peerId });
    });
  }
});

const NAMES: Record<string, Message['type']> = {
  keepalive: 'keep-alive',
  'not interested': 'not-interested',
  'suggest piece': 'suggest',
  'reject request': 'reject',
  'allowed fast': 'allowed-fast',
};

describe('messages (BEP 3, 6)', () => {
  for (const row of [...vectors.bep3_wire.messages, ...vectors.bep6_messages]) {
    it(row.name, () => {
      const message = {
        type: NAMES[row.name] ?? row.name,
        ...(row.index !== undefined && { piece: row.index }),
        ...(row.begin !== undefined && { begin: row.begin, length: row.length }),
        ...(row.payloadHex !== undefined && { bits: fromHex(row.payloadHex) }),
      } as Message;
      const bytes = fromHex(row.hex);
      expect(decodeMessages(bytes, { pieceCount: row.numPieces })).toEqual([message]);
      const out = new Uint8Array(bytes.length);
      expect(encodeMessage(message, out, 0)).toBe(bytes.length);
      expect(toHex(out)).toBe(row.hex);
    });
  }

  for (const row of vectors.bep3_wire.mustFail) {
    it(`refuses: ${row.why}`, () => {
      const bytes = fromHex(row.hex);
      const read = () => decodeMessages(bytes, { pieceCount: row.numPieces });
      expect(read).toThrow(expect.objectContaining({ name: 'MillraceError' }));
      if (!row.incomplete) return;
      const decoder = new PeerDecoder({ handshake: false });
      decoder.push(bytes, 0, bytes.length);
      expect(decoder.next()).toBeUndefined(); // a socket may still bring the rest
    });
  }
});

describe('allowed fast set (BEP 6)', () => {
  const sha1 = (bytes: Uint8Array): Uint8Array => createHash('sha1').update(bytes).digest();
  for (const { infoHash, ip, numPieces, k, pieces } of vectors.bep6_allowed_fast.cases) {
    it(`${k} of ${numPieces} for ${ip}`, () => {
      expect(allowedFastSet(sha1, infoHash, ip, numPieces, k)).toEqual(pieces);
    });
  }
});

describe('extension handshake (BEP 10)', () => {
  const [example, off] = vectors.bep10_extended_handshake;
  it(example.name, () => {
    expect(decodeExtendedHandshake(fromHex(example.dictHex))).toEqual({
      extensions: new Map([
        ['LT_metadata', 1],
        ['\u00b5T_PEX', 2],
      ]),
      port: 6881,
      version: '\u00b5Torrent 1.2',
    });
  });
  it(off.name, () => {
    const { extensions } = decodeExtendedHandshake(fromHex(off.dictHex));
    expect(extensions).toEqual(new Map([['LT_metadata', 0]]));
  });
});

describe('compact peers (BEP 23, 7)', () => {
  for (const [family, rows] of [
    [4, vectors.bep23_compact.v4],
    [6, vectors.bep23_compact.v6],
  ] as const) {
    for (const { hex, peers } of rows) {
      it(`IPv${family}: ${peers.join(' ')}`, () => {
        const decoded = decodeCompactPeers(fromHex(hex), family);
        expect(decoded?.map(formatAddress)).toEqual(peers);
        expect(toHex(encodeCompactPeers(decoded ?? [], family))).toBe(hex);
      });
    }
  }
  for (const { hex, family } of vectors.bep23_compact.badLength) {
    it(`IPv${family}: ${hex.length / 2} bytes is no list`, () => {
      expect(decodeCompactPeers(fromHex(hex), family)).toBeUndefined();
    });
  }
});

describe('client names (BEP 20)', () => {
  /** libtorrent says "Azureus", Transmission "Azureus / Vuze": one name is enough. */
  const rename: Record<string, string> = { 'Azureus 1.2.3.11': 'Azureus / Vuze 1.2.3.11' };
  for (const { prefix, prefixHex, client } of vectors.peer_ids) {
    it(`${prefix} is ${client}`, () => {
      if (prefixHex !== undefined) expect(latin1(fromHex(prefixHex))).toBe(prefix);
      expect(clientName(utf8(prefix.padEnd(20, '0')))).toBe(rename[client] ?? client);
    });
  }
});
