import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../../../src/engine/bytes.js';
import {
  encodeHandshake,
  encodeMessage,
  messageBytes,
  PIECE_HEADER_BYTES,
} from '../../../../../src/engine/protocol/peer/encoder.js';
import { decodeFeatures, encodeFeatures } from '../../../../../src/engine/protocol/peer/features.js';
import { decodeMessages } from '../../../../lib/decode-messages.js';
import { blockFrame, SAMPLES } from './samples.js';

describe('encodeMessage', () => {
  for (const [message, hex] of SAMPLES) {
    it(`writes ${message.type} as ${hex}`, () => {
      const out = new Uint8Array(100).fill(0xee);
      const end = encodeMessage(message, out, 7);
      expect(end - 7).toBe(messageBytes(message));
      expect(toHex(out.subarray(7, end))).toBe(hex);
      expect(out[6]).toBe(0xee);
      expect(out[end]).toBe(0xee);
    });
  }

  it('writes of a piece the header, with the length of both', () => {
    const message = { type: 'piece', piece: 9, begin: 32768, length: 16384 } as const;
    const out = new Uint8Array(13);
    expect(messageBytes(message)).toBe(PIECE_HEADER_BYTES);
    expect(encodeMessage(message, out, 0)).toBe(13);
    expect(out).toEqual(blockFrame(9, 32768, new Uint8Array(16384)).subarray(0, 13));
  });

  it('writes many in a row that read back the same', () => {
    const out = new Uint8Array(4096);
    let at = 0;
    for (const [message] of SAMPLES) at = encodeMessage(message, out, at);
    expect(decodeMessages(out.subarray(0, at))).toEqual(SAMPLES.map(([message]) => message));
  });

  it('never writes past the buffer', () => {
    for (const [message] of SAMPLES) {
      expect(() => encodeMessage(message, new Uint8Array(messageBytes(message) + 1), 2)).toThrow(RangeError);
    }
  });
});

describe('handshake and features', () => {
  it('refuses parts of the wrong length', () => {
    const good = { reserved: new Uint8Array(8), infoHash: '00'.repeat(20), peerId: new Uint8Array(20) };
    expect(encodeHandshake(good).length).toBe(68);
    expect(() => encodeHandshake({ ...good, reserved: new Uint8Array(7) })).toThrow(RangeError);
    expect(() => encodeHandshake({ ...good, infoHash: '00'.repeat(32) })).toThrow(RangeError);
    expect(() => encodeHandshake({ ...good, peerId: new Uint8Array(21) })).toThrow(RangeError);
  });

  it('reads what it writes and ignores bits that it does not know', () => {
    for (const name of ['fast', 'extended', 'dht', 'v2'] as const) {
      const features = { fast: false, extended: false, dht: false, v2: false, [name]: true };
      expect(decodeFeatures(encodeFeatures({ [name]: true }))).toEqual(features);
    }
    expect(decodeFeatures(fromHex('ffffffffffefffea'))).toEqual({
      fast: false,
      extended: false,
      dht: false,
      v2: false,
    });
    expect(toHex(encodeFeatures({}))).toBe('0000000000000000');
  });
});
