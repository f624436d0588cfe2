import { describe, expect, it } from 'vitest';
import { fromHex, toHex, writeU32 } from '../../../../../src/engine/bytes.js';
import { encodeCompactPeers } from '../../../../../src/engine/protocol/compact.js';
import { MAX_REPLY_PEERS } from '../../../../../src/engine/protocol/tracker/announce.js';
import {
  decodeUdpRequest,
  decodeUdpResponse,
  encodeAnnounce,
  encodeConnect,
  encodeScrape,
  writeAnnounceReplyHead,
  writeConnectReply,
  writeErrorReply,
  writeScrapeReply,
} from '../../../../../src/engine/protocol/tracker/udp.js';

const ID = fromHex('0102030405060708');
const REQUEST = {
  infoHash: new Uint8Array(20).fill(1),
  peerId: new Uint8Array(20).fill(2),
  port: 51413,
  uploaded: 2 ** 40 + 5,
  downloaded: 2 ** 32,
  left: Number.MAX_SAFE_INTEGER,
  key: 0xdeadbeef,
};

describe('requests', () => {
  it('connect is the protocol id, action 0 and the transaction', () => {
    const packet = encodeConnect(0xfedcba98);
    expect(toHex(packet)).toBe('000004172710198000000000fedcba98');
    expect(decodeUdpRequest(packet)).toEqual({ action: 'connect', transactionId: 0xfedcba98 });
  });

  it('connect with another protocol id is none', () => {
    const packet = encodeConnect(1);
    packet[7] ^= 1;
    expect(decodeUdpRequest(packet)).toBeUndefined();
  });

  it.each(['started', 'stopped', 'completed', undefined] as const)('announce with event %s', event => {
    const packet = encodeAnnounce(ID, 7, { ...REQUEST, event });
    expect(packet).toHaveLength(98);
    expect(decodeUdpRequest(packet)).toEqual({
      action: 'announce',
      connectionId: ID,
      transactionId: 7,
      urlData: '',
      numWant: undefined,
      ...REQUEST,
      event,
    });
  });

  it.each([0, 1, 200])('numWant %i', numWant => {
    expect(decodeUdpRequest(encodeAnnounce(ID, 7, { ...REQUEST, numWant }))).toMatchObject({ numWant });
  });

  it('64-bit left of which only the high half is set is not 0', () => {
    const packet = encodeAnnounce(ID, 7, { ...REQUEST, left: 0 });
    writeU32(packet, 64, 1);
    expect(decodeUdpRequest(packet)).toMatchObject({ left: 2 ** 32 });
  });

  it.each([1, 254, 255, 256, 600])('URL data of %i bytes (BEP 41)', length => {
    const target = `/${'a'.repeat(length - 1)}`;
    const packet = encodeAnnounce(ID, 7, REQUEST, target);
    expect(decodeUdpRequest(packet)).toMatchObject({ urlData: target });
    expect(packet[98]).toBe(2);
    expect(packet[99]).toBe(Math.min(length, 255));
    expect(packet.at(-1)).toBe(0);
  });

  it('URL data with no-ops, unknown options and a cut one', () => {
    const options = [1, 1, 9, 2, 0, 0, 2, 2, 0x2f, 0x61, 2, 1, 0x62, 2, 200, 0x63];
    const packet = Uint8Array.from([...encodeAnnounce(ID, 7, REQUEST), ...options]);
    expect(decodeUdpRequest(packet)).toMatchObject({ urlData: '/ab' });
  });

  it('scrape of 1 to 74', () => {
    const hashes = Array.from({ length: 74 }, (_, i) => new Uint8Array(20).fill(i));
    expect(decodeUdpRequest(encodeScrape(ID, 7, hashes))).toEqual({
      action: 'scrape',
      connectionId: ID,
      transactionId: 7,
      infoHashes: hashes,
    });
    expect(() => encodeScrape(ID, 7, [])).toThrow(RangeError);
    expect(() => encodeScrape(ID, 7, [...hashes, hashes[0]])).toThrow(RangeError);
  });

  it('reads no more than 74 hashes of a long scrape, and none of an empty one', () => {
    const packet = new Uint8Array(16 + 20 * 100);
    packet[11] = 2;
    const request = decodeUdpRequest(packet);
    expect(request?.action === 'scrape' && request.infoHashes.length).toBe(74);
    expect(decodeUdpRequest(packet.subarray(0, 35))).toBeUndefined();
  });

  it('every cut of an announce is nothing', () => {
    const packet = encodeAnnounce(ID, 7, REQUEST);
    for (let length = 0; length < 98; length++)
      expect(decodeUdpRequest(packet.subarray(0, length))).toBeUndefined();
  });
});

describe('responses', () => {
  const into = new Uint8Array(2000);

  it('connect', () => {
    const length = writeConnectReply(into, 9, ID);
    expect(decodeUdpResponse(into.subarray(0, length), 4)).toEqual({
      action: 'connect',
      transactionId: 9,
      connectionId: ID,
    });
    expect(decodeUdpResponse(into.subarray(0, length - 1), 4)).toBeUndefined();
  });

  it.each([
    [4, ['1.2.3.4', '5.6.7.8']],
    [6, ['2001:db8::1', '::1']],
  ] as const)('announce over IPv%i', (family, hosts) => {
    const peers = hosts.map((host, i) => ({ host, port: 1000 + i }));
    const at = writeAnnounceReplyHead(into, 9, 1800, 3, 4);
    const compact = encodeCompactPeers(peers, family);
    into.set(compact, at);
    const whole = {
      action: 'announce',
      transactionId: 9,
      intervalSeconds: 1800,
      leechers: 3,
      seeders: 4,
      peers,
    };
    expect(decodeUdpResponse(into.subarray(0, at + compact.length), family)).toEqual(whole);
    // A cut peer is left out.
    expect(decodeUdpResponse(into.subarray(0, at + compact.length - 1), family)).toEqual({
      ...whole,
      peers: peers.slice(0, 1),
    });
    expect(decodeUdpResponse(into.subarray(0, 19), family)).toBeUndefined();
  });

  it('leaves out port 0 and peers past the limit', () => {
    const packet = new Uint8Array(20 + 6 * (MAX_REPLY_PEERS + 10)).fill(7);
    writeAnnounceReplyHead(packet, 9, 1, 1, 1);
    packet[24] = packet[25] = 0;
    const response = decodeUdpResponse(packet, 4);
    expect(response?.action === 'announce' && response.peers.length).toBe(MAX_REPLY_PEERS - 1);
  });

  it('scrape', () => {
    const entries = [
      { seeders: 1, completed: 2, leechers: 3 },
      { seeders: 4, completed: 5, leechers: 0xffffffff },
    ];
    const length = writeScrapeReply(into, 9, entries);
    expect(decodeUdpResponse(into.subarray(0, length), 4)).toEqual({
      action: 'scrape',
      transactionId: 9,
      entries,
    });
  });

  it('error text is made fit for a log', () => {
    const length = writeErrorReply(into, 9, `no\r\n\u001b[31m\u202e${'x'.repeat(500)}`);
    const response = decodeUdpResponse(into.subarray(0, length), 4);
    expect(response?.action === 'error' && response.message).toMatch(/^no \[31m x{150,200}$/);
  });

  it('an unknown action is nothing', () => {
    expect(
      decodeUdpResponse(Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 4),
    ).toBeUndefined();
  });
});
