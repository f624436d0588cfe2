import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex } from '../../src/engine/bytes.js';
import { isMillraceError } from '../../src/engine/errors.js';
import { encodeMessage, messageBytes } from '../../src/engine/protocol/peer/encoder.js';
import { decodeExtendedHandshake, encodeExtendedHandshake } from '../../src/engine/protocol/peer/extended.js';
import type { Message } from '../../src/engine/protocol/peer/messages.js';
import { decodeMessages } from '../lib/decode-messages.js';
import {
  blockFrame,
  HANDSHAKE,
  type Kept,
  PIECES,
  Reader,
  SAMPLES,
} from '../unit/engine/protocol/peer/samples.js';

const TIME_BOX = { interruptAfterTimeLimit: 2000, markInterruptAsFailure: false, numRuns: 3000 };

/** What came out, and whether it ended in a coded error; anything else thrown fails the test. */
function read(chunks: readonly Uint8Array[], options: ConstructorParameters<typeof Reader>[0]) {
  const reader = new Reader(options);
  try {
    for (const chunk of chunks) reader.feed(chunk);
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    expect(error.code).toMatch(/^ERR_WIRE_(HANDSHAKE|MESSAGE|TOO_LARGE)$/);
    return { kept: reader.kept, code: error.code };
  }
  return { kept: reader.kept, code: undefined };
}

function cut(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map(c => c % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

const cuts = fc.array(fc.nat(), { maxLength: 12 });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const block = fc.integer({ min: 1, max: 131072 });
const piece = fc.nat({ max: PIECES - 1 });
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.constantFrom(...SAMPLES.map(([sample]) => sample)),
  fc.record({ type: fc.constantFrom('have', 'suggest', 'allowed-fast'), piece }),
  fc.record({ type: fc.constantFrom('request', 'cancel', 'reject'), piece, begin: u32, length: block }),
  fc.record({ type: fc.constant('port' as const), port: fc.nat({ max: 65535 }) }),
  fc.record({
    type: fc.constant('extended' as const),
    id: fc.nat({ max: 255 }),
    payload: fc.uint8Array({ maxLength: 300 }),
  }),
);
const payload = fc.uint8Array({ minLength: 1, maxLength: 300 });
const frame = fc.oneof(
  { weight: 4, arbitrary: message.map(m => ({ event: m as Kept, bytes: encoded(m) })) },
  {
    weight: 1,
    arbitrary: fc.tuple(piece, u32, payload).map(([p, begin, bytes]) => ({
      event: { type: 'piece', piece: p, begin, block: bytes } as Kept,
      bytes: blockFrame(p, begin, bytes),
    })),
  },
);

function encoded(m: Message): Uint8Array {
  const bytes = new Uint8Array(messageBytes(m));
  encodeMessage(m, bytes, 0);
  return bytes;
}

describe('wire', () => {
  it('any messages, cut anywhere, read back as they were', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 30 }), cuts, (frames, at) => {
        const bytes = concatBytes(frames.map(f => f.bytes));
        const { kept, code } = read(cut(bytes, at), { handshake: false, pieceCount: PIECES });
        expect(code).toBeUndefined();
        expect(kept).toEqual(frames.map(f => f.event));
      }),
      { ...TIME_BOX, numRuns: 500 },
    );
  });

  it('garbage ends in a coded error or waits for more, the same for any cuts', () => {
    const prefixed = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.nat({ max: 25 }), fc.uint8Array({ maxLength: 40 })))
      .map(parts => concatBytes(parts.map(([n, id, rest]) => Uint8Array.of(0, 0, 0, n, id, ...rest))));
    const garbage = fc.oneof(fc.uint8Array({ maxLength: 400 }), prefixed);
    fc.assert(
      fc.property(garbage, cuts, fc.boolean(), (bytes, at, counted) => {
        const options = { handshake: false, pieceCount: counted ? PIECES : undefined };
        expect(read(cut(bytes, at), options)).toEqual(read([bytes], options));
        read([bytes], {});
      }),
      TIME_BOX,
    );
  });

  it('a good stream with bytes changed, lost and added never throws anything else', () => {
    const stream = concatBytes([
      HANDSHAKE,
      ...SAMPLES.map(([, hex]) => fromHex(hex)),
      blockFrame(5, 16384, new Uint8Array(200)),
      ...SAMPLES.map(([, hex]) => fromHex(hex)),
    ]);
    const edit = fc.tuple(
      fc.nat({ max: stream.length - 1 }),
      fc.nat({ max: 3 }),
      fc.uint8Array({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 5 }), cuts, (edits, at) => {
        let bytes = stream;
        for (const [where, lost, added] of edits) {
          bytes = concatBytes([bytes.subarray(0, where), added, bytes.subarray(where + lost)]);
        }
        const options = { pieceCount: PIECES };
        expect(read(cut(bytes, at), options)).toEqual(read([bytes], options));
      }),
      TIME_BOX,
    );
  });

  it('a length prefix alone costs no memory', () => {
    const before = process.memoryUsage().arrayBuffers;
    // The largest bitfield and extended message that are allowed, from 2000 peers that then fall silent.
    const readers = Array.from({ length: 2000 }, (_, i) =>
      new Reader({ handshake: false }).feed(
        fromHex((i % 2 ? '0004000105' : '0010000014') + '00'.repeat(100)),
      ),
    );
    expect(readers.every(reader => reader.kept.length === 0)).toBe(true);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2_000_000);
  });

  it('extension handshakes: any bytes are read or refused', () => {
    const good = encodeExtendedHandshake({
      extensions: new Map([['ut_metadata', 2]]),
      version: 'x 1.0',
      reqq: 250,
      port: 1,
      yourIp: '1.2.3.4',
      metadataBytes: 3,
    });
    const mutated = fc
      .array(fc.tuple(fc.nat({ max: good.length - 1 }), fc.constantFrom(...'deil0:9-x')), { maxLength: 4 })
      .map(edits => {
        const bytes = good.slice();
        for (const [at, character] of edits) bytes[at] = character.charCodeAt(0);
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 100 })), bytes => {
        try {
          decodeExtendedHandshake(bytes);
        } catch (error) {
          expect(isMillraceError(error, 'ERR_WIRE_MESSAGE')).toBe(true);
        }
      }),
      TIME_BOX,
    );
  });

  it('decodeMessages of garbage throws nothing but coded errors', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
        try {
          decodeMessages(bytes);
        } catch (error) {
          expect(isMillraceError(error)).toBe(true);
        }
      }),
      TIME_BOX,
    );
  });
});
