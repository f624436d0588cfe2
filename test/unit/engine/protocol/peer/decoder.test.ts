import { describe, expect, it } from 'vitest';
import { bytesEqual, concatBytes, fromHex } from '../../../../../src/engine/bytes.js';
import type { ErrorCode } from '../../../../../src/engine/errors.js';
import { type DecoderOptions, PeerDecoder } from '../../../../../src/engine/protocol/peer/decoder.js';
import { decodeMessages } from '../../../../lib/decode-messages.js';
import { blockFrame, HANDSHAKE, HASH, PEER_ID, PIECES, Reader, SAMPLES } from './samples.js';

const BLOCK = Uint8Array.from({ length: 300 }, (_, i) => (i * 31 + (i >> 8) * 17 + 7) & 0xff);
const STREAM = concatBytes([
  HANDSHAKE,
  ...SAMPLES.map(([, hex]) => fromHex(hex)),
  blockFrame(5, 16384, BLOCK),
  fromHex('00000003630102'), // id 99: nobody knows it
  blockFrame(6, 0, BLOCK.subarray(0, 1)),
  ...SAMPLES.map(([, hex]) => fromHex(hex)),
]);
const EVENTS = [
  { type: 'handshake', reserved: new Uint8Array(8), infoHash: HASH },
  { type: 'peer-id', peerId: PEER_ID },
  ...SAMPLES.map(([message]) => message),
  { type: 'piece', piece: 5, begin: 16384, block: BLOCK },
  { type: 'piece', piece: 6, begin: 0, block: BLOCK.subarray(0, 1) },
  ...SAMPLES.map(([message]) => message),
];

describe('PeerDecoder, whatever the cuts', () => {
  it('reads a stream in one go', () => {
    const reader = new Reader({ pieceCount: PIECES }).feed(STREAM);
    expect(reader.kept).toEqual(EVENTS);
    expect(reader.decoder.idle).toBe(true);
  });

  for (const size of [1, 2, 3, 7, 13, 48, 68, 100]) {
    it(`reads it ${size} bytes at a time`, () => {
      const reader = new Reader({ pieceCount: PIECES });
      for (let at = 0; at < STREAM.length; at += size) reader.feed(STREAM.subarray(at, at + size));
      expect(reader.kept).toEqual(EVENTS);
    });
  }

  it('reads it cut in two at every position', () => {
    for (let cut = 0; cut <= STREAM.length; cut++) {
      const reader = new Reader({ pieceCount: PIECES });
      reader.feed(STREAM.subarray(0, cut)).feed(STREAM.subarray(cut));
      expect(reader.kept).toEqual(EVENTS);
    }
  });

  for (const [message, hex] of SAMPLES) {
    it(`reads ${message.type} alone, byte by byte, and cut everywhere`, () => {
      const bytes = fromHex(hex);
      const options = { handshake: false, pieceCount: PIECES };
      expect(new Reader(options).feed(bytes).kept).toEqual([message]);
      for (let cut = 1; cut < bytes.length; cut++) {
        const reader = new Reader(options).feed(bytes.subarray(0, cut));
        expect(reader.kept).toEqual([]);
        expect(reader.decoder.idle).toBe(false);
        expect(reader.feed(bytes.subarray(cut)).kept).toEqual([message]);
      }
      const reader = new Reader(options);
      for (const byte of bytes) reader.feed(Uint8Array.of(byte));
      expect(reader.kept).toEqual([message]);
    });
  }
});

describe('handshake', () => {
  it('tells the info-hash before the peer id has come', () => {
    const reader = new Reader().feed(HANDSHAKE.subarray(0, 48));
    expect(reader.kept).toEqual([EVENTS[0]]);
    expect(reader.feed(HANDSHAKE.subarray(48)).kept).toEqual(EVENTS.slice(0, 2));
  });

  it('refuses another protocol by its first byte that differs', () => {
    expect(() => new Reader().feed(Uint8Array.of(20))).toThrow(code('ERR_WIRE_HANDSHAKE'));
    for (let at = 0; at < 20; at++) {
      const bytes = HANDSHAKE.slice(0, at + 1);
      bytes[at] ^= 0x20;
      const reader = new Reader().feed(bytes.subarray(0, at));
      expect(() => reader.feed(bytes.subarray(at))).toThrow(code('ERR_WIRE_HANDSHAKE'));
    }
  });

  it('gives room to set the piece count before the messages in the same chunk', () => {
    const decoder = new PeerDecoder();
    const bytes = concatBytes([HANDSHAKE, fromHex('0000000504000000ff')]);
    decoder.push(bytes, 0, bytes.length);
    expect(decoder.next()?.type).toBe('handshake');
    decoder.setPieceCount(255);
    expect(decoder.next()?.type).toBe('peer-id');
    expect(() => decoder.next()).toThrow('piece index is 255, must be below 255');
  });
});

describe('blocks', () => {
  it('come as the largest ranges that the chunks allow, in the same three objects', () => {
    const decoder = new PeerDecoder({ handshake: false });
    const frame = blockFrame(1, 2, BLOCK);
    decoder.push(frame, 0, 113);
    const start = decoder.next();
    expect(start).toEqual({ type: 'block-start', piece: 1, begin: 2, length: 300 });
    const data = decoder.next();
    expect(data).toEqual({ type: 'block-data', start: 13, end: 113 });
    expect(decoder.next()).toBeUndefined();
    const rest = concatBytes([frame.subarray(113), frame]);
    decoder.push(rest, 0, rest.length);
    expect(decoder.next()).toBe(data);
    expect(data).toEqual({ type: 'block-data', start: 0, end: 200 });
    const end = decoder.next();
    expect(end).toEqual({ type: 'block-end' });
    expect(decoder.next()).toBe(start);
    expect(decoder.next()).toEqual({ type: 'block-data', start: 213, end: 513 });
    expect(decoder.next()).toBe(end);
    expect(decoder.next()).toBeUndefined();
  });

  it('end without another byte', () => {
    const decoder = new PeerDecoder({ handshake: false });
    const frame = blockFrame(1, 2, BLOCK);
    decoder.push(frame, 0, frame.length);
    expect([1, 2, 3, 4].map(() => decoder.next()?.type)).toEqual([
      'block-start',
      'block-data',
      'block-end',
      undefined,
    ]);
  });
});

describe('limits', () => {
  const cases: [string, string, ErrorCode, (DecoderOptions & { pieceCount?: number })?][] = [
    ['length of 4 GiB', 'ffffffff14', 'ERR_WIRE_TOO_LARGE'],
    ['length of 4 GiB of an unknown message', 'ffffffff63', 'ERR_WIRE_TOO_LARGE'],
    ['extended message above the limit', '0000001114', 'ERR_WIRE_TOO_LARGE', { maxMessageBytes: 16 }],
    ['unknown message above the limit', '0000001163', 'ERR_WIRE_TOO_LARGE', { maxMessageBytes: 16 }],
    ['extended message without an id', '0000000114', 'ERR_WIRE_MESSAGE'],
    ['block above 128 KiB', '0002000a07', 'ERR_WIRE_TOO_LARGE'],
    ['block above a limit of ours', '0000400a07', 'ERR_WIRE_TOO_LARGE', { maxBlockBytes: 16384 }],
    ['block of 0 bytes', '0000000907', 'ERR_WIRE_MESSAGE'],
    ['piece without a whole header', '0000000507', 'ERR_WIRE_MESSAGE'],
    ['piece with nothing at all', '0000000107', 'ERR_WIRE_MESSAGE'],
    ['choke with a byte more', '0000000200', 'ERR_WIRE_MESSAGE'],
    ['have with a byte less', '0000000404', 'ERR_WIRE_MESSAGE'],
    ['request with a byte more', '0000000e06', 'ERR_WIRE_MESSAGE'],
    ['port with a byte less', '0000000209', 'ERR_WIRE_MESSAGE'],
    ['have-all with a piece', '000000050e', 'ERR_WIRE_MESSAGE'],
    ['request of 0 bytes', '0000000d06000000000000000000000000', 'ERR_WIRE_MESSAGE'],
    ['request above 128 KiB', '0000000d06000000000000000000020001', 'ERR_WIRE_TOO_LARGE'],
    ['bitfield above 256 KiB before the count is known', '0004000205', 'ERR_WIRE_TOO_LARGE'],
    ['have of piece 2^32 - 1 before the count is known', '0000000504ffffffff', 'ERR_WIRE_MESSAGE'],
    ['bitfield too short', '0000000205', 'ERR_WIRE_MESSAGE', { pieceCount: 13 }],
    ['bitfield too long', '0000000405', 'ERR_WIRE_MESSAGE', { pieceCount: 13 }],
    ['bitfield of a torrent without pieces', '0000000205', 'ERR_WIRE_MESSAGE', { pieceCount: 0 }],
    ['spare bit', '00000003050004', 'ERR_WIRE_MESSAGE', { pieceCount: 13 }],
    ['have beyond the last piece', '00000005040000000d', 'ERR_WIRE_MESSAGE', { pieceCount: 13 }],
    ['suggest beyond the last piece', '000000050d0000000d', 'ERR_WIRE_MESSAGE', { pieceCount: 13 }],
    ['allowed fast beyond the last piece', '00000005110000000d', 'ERR_WIRE_MESSAGE', { pieceCount: 13 }],
    [
      'cancel beyond the last piece',
      '0000000d080000000d0000000000000001',
      'ERR_WIRE_MESSAGE',
      { pieceCount: 13 },
    ],
    ['block beyond the last piece', '0000000a070000000d00000000', 'ERR_WIRE_MESSAGE', { pieceCount: 13 }],
  ];
  for (const [what, hex, expected, options] of cases) {
    it(`refuses ${what}, in one go and byte by byte, and stays failed`, () => {
      const bytes = fromHex(hex);
      const reader = new Reader({ ...options, handshake: false });
      expect(() => reader.feed(bytes)).toThrow(code(expected));
      const slow = new Reader({ ...options, handshake: false });
      for (const byte of bytes.subarray(0, -1)) slow.feed(Uint8Array.of(byte));
      expect(() => slow.feed(bytes.subarray(-1))).toThrow(code(expected));
      expect(() => slow.decoder.next()).toThrow(code(expected));
      expect(() => slow.feed(fromHex('0000000100'))).toThrow(code(expected));
      expect(slow.kept).toEqual([]);
    });
  }

  it('takes what is just within them', () => {
    const options = { handshake: false, maxMessageBytes: 16, maxBlockBytes: 20, maxBitfieldBytes: 2 };
    const reader = new Reader(options);
    reader.feed(fromHex('0000001014' + '00'.repeat(15))).feed(fromHex('0000001063' + '00'.repeat(15)));
    reader.feed(blockFrame(15, 0, new Uint8Array(20))).feed(fromHex('000000030501ff'));
    expect(reader.kept.map(event => event.type)).toEqual(['extended', 'piece', 'bitfield']);
  });

  it('names fact and limit', () => {
    const bytes = fromHex('7fffffff07');
    expect(() => decodeMessages(bytes)).toThrow('block is 2147483638 bytes, the limit is 131072');
    expect(() => decodeMessages(fromHex('0000000205'), { pieceCount: 17 })).toThrow(
      'bitfield is 1 bytes, must be 3',
    );
  });
});

describe('PeerDecoder as a tool', () => {
  it('keeps a large message that comes in many parts, and the next', () => {
    const payload = Uint8Array.from({ length: 700_000 }, (_, i) => i % 251);
    const frame = concatBytes([fromHex('000aae62140a'), payload, fromHex('0000000504')]);
    const reader = new Reader({ handshake: false });
    for (let at = 0; at < frame.length; at += 1447) reader.feed(frame.subarray(at, at + 1447));
    reader.feed(fromHex('00000009'));
    expect(reader.kept.map(event => event.type)).toEqual(['extended', 'have']);
    const [extended] = reader.kept;
    expect(extended.type === 'extended' && extended.id === 10 && bytesEqual(extended.payload, payload)).toBe(
      true,
    );
  });

  it('reads chunks of shared memory and of Buffer without keeping views of them', () => {
    const bytes = fromHex('0000000a140364313a616931656500000003050180');
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    for (const chunk of [shared, Buffer.alloc(bytes.length)]) {
      chunk.set(bytes);
      const decoder = new PeerDecoder({ handshake: false });
      decoder.push(chunk, 0, chunk.length);
      const messages = [decoder.next(), decoder.next()];
      chunk.fill(0);
      expect(messages[0]).toEqual({ type: 'extended', id: 3, payload: fromHex('64313a6169316565') });
      expect(messages[1]).toEqual({ type: 'bitfield', bits: fromHex('0180') });
    }
  });

  it('calls a push that loses bytes, or a range outside the chunk, a mistake of the caller', () => {
    const decoder = new PeerDecoder({ handshake: false });
    const bytes = fromHex('00000000');
    decoder.push(bytes, 0, 4);
    expect(() => decoder.push(bytes, 0, 4)).toThrow(TypeError);
    expect(decoder.next()).toEqual({ type: 'keep-alive' });
    expect(() => decoder.push(bytes, 0, 5)).toThrow(RangeError);
    expect(() => decoder.push(bytes, -1, 2)).toThrow(RangeError);
    expect(() => decoder.push(bytes, 3, 2)).toThrow(RangeError);
    expect(() => decoder.setPieceCount(-1)).toThrow(RangeError);
  });

  it('decodeMessages gives blocks whole and refuses a cut stream', () => {
    const bytes = concatBytes([blockFrame(1, 2, BLOCK), fromHex('0000000100')]);
    expect(decodeMessages(bytes)).toEqual([
      { type: 'piece', piece: 1, begin: 2, length: 300, payload: BLOCK },
      { type: 'choke' },
    ]);
    for (let cut = 1; cut < bytes.length; cut++) {
      if (cut === 313) continue;
      expect(() => decodeMessages(bytes.subarray(0, cut))).toThrow(code('ERR_WIRE_MESSAGE'));
    }
  });
});

/** Matches a MillraceError by its code. */
function code(expected: ErrorCode): object {
  return expect.objectContaining({ name: 'MillraceError', code: expected });
}
