import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../../../../src/engine/bytes.js';
import { isMillraceError } from '../../../../../src/engine/errors.js';
import { PeerDecoder } from '../../../../../src/engine/protocol/peer/decoder.js';
import type { Message } from '../../../../../src/engine/protocol/peer/messages.js';
import {
  decodeMetadataMessage,
  encodeMetadataMessage,
  METADATA_PART_BYTES,
  type MetadataMessage,
  metadataPartBytes,
  metadataParts,
} from '../../../../../src/engine/protocol/peer/metadata.js';
import { encodeAll } from '../../../../hostile/raw-peer.js';

/** BEP 9, with its misprints corrected. */
const REQUEST = '64383a6d73675f74797065693065353a706965636569306565';
const DATA_HEAD = '64383a6d73675f74797065693165353a706965636569306531303a746f74616c5f73697a6569333432356565';
const REJECT = '64383a6d73675f74797065693265353a706965636569306565';
const UNKNOWN = '64383a6d73675f74797065693965353a706965636569306565';

const refusal = expect.objectContaining({ code: 'ERR_WIRE_MESSAGE' });

const messages: fc.Arbitrary<MetadataMessage> = fc.oneof(
  fc.record({ type: fc.constantFrom('request' as const, 'reject' as const), part: fc.nat(1000) }),
  fc
    .record({ totalBytes: fc.integer({ min: 1, max: 5 * METADATA_PART_BYTES }), at: fc.nat() })
    .map(({ totalBytes, at }) => {
      const part = at % metadataParts(totalBytes);
      const bytes = new Uint8Array(metadataPartBytes(totalBytes, part)).fill(at);
      return { type: 'data' as const, part, totalBytes, bytes };
    }),
);

describe('the messages of BEP 9', () => {
  it('are written and read as the text has them', () => {
    const bytes = new Uint8Array(3425).fill(7);
    const data = { type: 'data', part: 0, totalBytes: 3425, bytes } as const;
    expect(toHex(encodeMetadataMessage({ type: 'request', part: 0 }))).toBe(REQUEST);
    expect(toHex(encodeMetadataMessage({ type: 'reject', part: 0 }))).toBe(REJECT);
    expect(toHex(encodeMetadataMessage(data))).toBe(DATA_HEAD + '07'.repeat(3425));
    expect(decodeMetadataMessage(fromHex(REQUEST))).toEqual({ type: 'request', part: 0 });
    expect(decodeMetadataMessage(fromHex(REJECT))).toEqual({ type: 'reject', part: 0 });
    expect(decodeMetadataMessage(fromHex(DATA_HEAD + '07'.repeat(3425)))).toEqual(data);
  });

  it('of a kind that is not known are passed over', () => {
    expect(decodeMetadataMessage(fromHex(UNKNOWN))).toBeUndefined();
  });

  it('come back as they were sent, also byte by byte over the wire', () => {
    fc.assert(
      fc.property(messages, message => {
        const payload = encodeMetadataMessage(message);
        const wire = encodeAll([{ type: 'extended', id: 3, payload }]);
        const decoder = new PeerDecoder({ handshake: false });
        let read: Message | undefined;
        for (let at = 0; at < wire.length; at++) {
          decoder.push(wire, at, at + 1);
          read ??= decoder.next() as Message | undefined;
        }
        if (read?.type !== 'extended') throw new Error('no message came');
        expect(decodeMetadataMessage(read.payload)).toEqual(message);
      }),
      { numRuns: 30 },
    );
  });
});

describe('what is refused', () => {
  const text = (head: string, bytes = 0) => Uint8Array.from([...utf8(head), ...new Uint8Array(bytes)]);

  it.each([
    ['no dictionary', text('i1e')],
    ['nothing', text('')],
    ['a dictionary that does not end', text('d8:msg_typei0e5:piecei0e')],
    ['no kind', text('d5:piecei0ee')],
    ['no part', text('d8:msg_typei0ee')],
    ['a part below 0', text('d8:msg_typei0e5:piecei-1ee')],
    ['a part beyond all sizes', text('d8:msg_typei0e5:piecei131072ee')],
    ['data without a size', text('d8:msg_typei1e5:piecei0ee', 10)],
    ['data of size 0', text('d8:msg_typei1e5:piecei0e10:total_sizei0ee')],
    ['data of size 2^31', text('d8:msg_typei1e5:piecei0e10:total_sizei2147483648ee', 16384)],
    ['a part behind the size', text('d8:msg_typei1e5:piecei1e10:total_sizei100ee', 100)],
    ['too few bytes', text('d8:msg_typei1e5:piecei0e10:total_sizei100ee', 99)],
    ['too many bytes', text('d8:msg_typei1e5:piecei0e10:total_sizei100ee', 101)],
    ['more than a part', text('d8:msg_typei1e5:piecei0e10:total_sizei20000ee', 16385)],
    ['a message without end', text('d8:msg_typei0e5:piecei0ee', 20_000)],
  ])('%s', (_, payload) => {
    expect(() => decodeMetadataMessage(payload)).toThrow(refusal);
  });

  it('any bytes are a message, nothing, or a coded error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, prefixed) => {
        const payload = prefixed ? Uint8Array.from([...fromHex(DATA_HEAD), ...noise]) : noise;
        try {
          decodeMetadataMessage(payload);
        } catch (error) {
          if (!isMillraceError(error, 'ERR_WIRE_MESSAGE')) throw error;
        }
      }),
    );
  });
});
