import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/engine/bytes.js';
import { encodeHandshake } from '../../src/engine/protocol/peer/encoder.js';
import { encodeFeatures } from '../../src/engine/protocol/peer/features.js';
import { sampleBytes } from '../lib/sample-files.js';
import { Stage } from '../lib/stage.js';
import { extended, frame, join, message, times, u32 } from './bytes.js';
import { newPeerId } from './raw-peer.js';
import { Honest, KiB, MiB, makeContent, Target } from './world.js';

/** 11 pieces, the last of 5000 bytes: two bytes of bitfield with 5 spare bits. */
const PIECES = 11;
const LAST_BYTES = 5000;

let stage: Stage;
let target: Target;
let honest: Honest;
let tableBytes: number;

beforeAll(async () => {
  stage = await Stage.open();
  target = await Target.seed(stage, makeContent(10 * 32 * KiB + LAST_BYTES));
  honest = await Honest.open(target);
  await honest.fetch();
  tableBytes = await target.idleTableBytes();
});
afterEach(() => target.hangUp());
afterAll(() => stage.close());

async function servesOn(): Promise<void> {
  await honest.fetch();
  expect(await target.idleTableBytes(), 'no table leaked').toBe(tableBytes);
}

describe('instead of a handshake', () => {
  const handshake = (infoHash: string) =>
    encodeHandshake({ infoHash, reserved: encodeFeatures({}), peerId: newPeerId() });

  it.each<[string, () => Uint8Array, string, RegExp]>([
    ['random bytes', () => sampleBytes(4096, 1), 'ERR_WIRE_HANDSHAKE', /byte 0 is not/],
    ['a web request', () => utf8('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), 'ERR_WIRE_HANDSHAKE', /byte 0 is not/],
    ['another protocol', () => utf8('\x13BitTorrent protocoX'), 'ERR_WIRE_HANDSHAKE', /byte 19 is not/],
    ['1 MiB of zeros', () => new Uint8Array(MiB), 'ERR_WIRE_HANDSHAKE', /byte 0 is not/],
    ['another info-hash', () => handshake('ab'.repeat(20)), 'ERR_WIRE_HANDSHAKE', /info-hash (ab){20}/],
  ])('%s', async (_, bytes, code, says) => {
    const peer = await target.dial();
    peer.raw(bytes());
    await peer.gone;
    expect(await target.closeOf(peer)).toEqual({ code, message: expect.stringMatching(says) });
    expect(peer.received, 'a stranger learns nothing').toBe(0);
    await servesOn();
  });

  it('our own peer id: a connection to ourselves', async () => {
    const peer = await target.dial();
    peer.handshake(target.infoHash, {}, target.session.peerId);
    await peer.gone;
    expect(await target.closeOf(peer)).toMatchObject({ code: 'ERR_PEER_DUPLICATE', message: /this session/ });
    await servesOn();
  });

  it('half of one, and then the end', async () => {
    const peer = await target.dial();
    peer.raw(handshake(target.infoHash).subarray(0, 30));
    peer.socket.end();
    await target.closeOf(peer);
    await servesOn();
  });
});

describe('after the handshake, a message that breaks the protocol ends the connection with fact and limit', () => {
  const BOMB = 60_000;
  it.each<[string, Uint8Array, string, RegExp]>([
    ['a block of 4 GiB', frame(0xffffffff, 7), 'ERR_WIRE_TOO_LARGE', /4294967286 bytes, the limit is 131072/],
    [
      'an extended message of 4 GiB',
      frame(0xffffffff, 20),
      'ERR_WIRE_TOO_LARGE',
      /4294967295 bytes, the limit/,
    ],
    [
      'an unknown message of 4 GiB',
      frame(0xffffffff, 99),
      'ERR_WIRE_TOO_LARGE',
      /4294967295 bytes, the limit/,
    ],
    [
      'a have of 4 GiB',
      frame(0xffffffff, 4),
      'ERR_WIRE_MESSAGE',
      /4294967294 bytes after its id, must have 4/,
    ],
    ['a bitfield of 4 GiB', frame(0xffffffff, 5), 'ERR_WIRE_MESSAGE', /4294967294/],
    ['a bitfield that is too short', message(5, [0]), 'ERR_WIRE_MESSAGE', /\b1\b.*\b2\b/],
    ['a bitfield that is too long', message(5, [0, 0, 0]), 'ERR_WIRE_MESSAGE', /\b3\b.*\b2\b/],
    ['a bitfield with spare bits', message(5, [0, 1]), 'ERR_WIRE_MESSAGE', /spare|beyond|after/],
    ['have of piece 2^32-1', message(4, u32(0xffffffff)), 'ERR_WIRE_MESSAGE', /4294967295, must be below 11/],
    ['have of the piece after the last', message(4, u32(PIECES)), 'ERR_WIRE_MESSAGE', /11, must be below 11/],
    [
      'a request of length 0',
      message(6, u32(0, 0, 0)),
      'ERR_WIRE_MESSAGE',
      /0 bytes, must be for at least 1/,
    ],
    [
      'a request of 128 KiB + 1',
      message(6, u32(0, 0, 128 * KiB + 1)),
      'ERR_WIRE_TOO_LARGE',
      /131073.*131072/,
    ],
    ['a request of 4 GiB', message(6, u32(0, 0, 0xffffffff)), 'ERR_WIRE_TOO_LARGE', /4294967295.*131072/],
    [
      'a request beyond the piece',
      message(6, u32(0, 32 * KiB, 1)),
      'ERR_WIRE_MESSAGE',
      /32768 to 32769.*32768/,
    ],
    ['a request at 2^32-1', message(6, u32(0, 0xffffffff, 16384)), 'ERR_WIRE_MESSAGE', /4294983679.*32768/],
    [
      'a request beyond the last, short piece',
      message(6, u32(10, 0, LAST_BYTES + 1)),
      'ERR_WIRE_MESSAGE',
      /5001.*5000/,
    ],
    [
      'a request of a piece that is none',
      message(6, u32(PIECES, 0, 1)),
      'ERR_WIRE_MESSAGE',
      /11, must be below 11/,
    ],
    ['a cancel of a piece that is none', message(8, u32(1e9, 0, 1)), 'ERR_WIRE_MESSAGE', /must be below 11/],
    ['a reject of a piece that is none', message(16, u32(1e9, 0, 1)), 'ERR_WIRE_MESSAGE', /must be below 11/],
    ['a suggestion of a piece that is none', message(13, u32(1e9)), 'ERR_WIRE_MESSAGE', /must be below 11/],
    ['allowed fast, a piece that is none', message(17, u32(1e9)), 'ERR_WIRE_MESSAGE', /must be below 11/],
    ['a block of no bytes', message(7, u32(0, 0)), 'ERR_WIRE_MESSAGE', /0 bytes, must be at least 1/],
    ['a block shorter than its header', message(7, [0, 0, 0]), 'ERR_WIRE_MESSAGE', /at least 1/],
    [
      'a block of a piece that is none',
      join(frame(10, 7), u32(PIECES, 0)),
      'ERR_WIRE_MESSAGE',
      /must be below 11/,
    ],
    ['an extended message without id', message(20), 'ERR_WIRE_MESSAGE', /no extension id/],
    [
      'a handshake of lists 60,000 deep',
      extended(0, 'l'.repeat(BOMB)),
      'ERR_WIRE_MESSAGE',
      /must be a|nesting|dictionary/,
    ],
    [
      'a handshake of dictionaries 15,000 deep',
      extended(0, 'd1:a'.repeat(BOMB / 4)),
      'ERR_WIRE_MESSAGE',
      /nesting is 9 levels, must be at most 8/,
    ],
    [
      'a handshake of 20,000 values',
      extended(0, `d1:al${'le'.repeat(20_000)}ee`),
      'ERR_WIRE_MESSAGE',
      /must be at most 4096/,
    ],
    [
      'a handshake of 1 MiB of junk',
      extended(0, sampleBytes(MiB - 2, 3)),
      'ERR_WIRE_MESSAGE',
      /must be at most 65536/,
    ],
    [
      'a handshake above 1 MiB',
      extended(0, new Uint8Array(MiB)),
      'ERR_WIRE_TOO_LARGE',
      /the limit is 1048576/,
    ],
    [
      'a handshake that says 99999999999 bytes',
      extended(0, 'd1:v99999999999:x'),
      'ERR_WIRE_MESSAGE',
      /longer than the input/,
    ],
    ['lt_donthave of 3 bytes', extended(1, 'abc'), 'ERR_WIRE_MESSAGE', /3 bytes, must be 4/],
    ['lt_donthave of a piece that is none', extended(1, u32(PIECES)), 'ERR_WIRE_MESSAGE', /must be below 11/],
  ])('%s', async (_, bytes, code, says) => {
    const peer = await target.join();
    peer.raw(bytes);
    await peer.gone;
    const closed = await target.closeOf(peer);
    expect(closed.code).toMatch(new RegExp(`^(?:${code})$`));
    expect(closed.message).toMatch(says);
    await servesOn();
  });
});

describe('what is odd but harmless is let pass', () => {
  it.each<[string, Uint8Array]>([
    ['unknown messages', join(message(99, new Uint8Array(1000)), message(255), message(21, [1]))],
    ['unknown extension ids', times(1000, extended(77, 'whatever'))],
    [
      'a handshake with wrong types',
      extended(0, 'd1:mi7e1:pli1ee4:reqqd1:ai1ee1:v3:abc11:upload_only2:xx6:yourip2:zze'),
    ],
    ['a handshake with wild numbers', extended(0, 'd4:reqqi-1e1:pi99999e1:md1:ai-1e1:bi70000eee')],
    ['keep-alives', new Uint8Array(4 * 10_000)],
    ['a cancel of what was never asked for', message(8, u32(0, 0, 16384))],
    ['a reject of what was never asked for', message(16, u32(0, 0, 16384))],
    ['a port', message(9, [0, 0])],
    ['choke and unchoke, over and over', times(1000, join(message(0), message(1)))],
  ])('%s', async (_, bytes) => {
    const peer = await target.join();
    peer.raw(bytes).send({ type: 'interested' });
    await peer.message('unchoke');
    peer.send({ type: 'request', piece: 10, begin: 0, length: LAST_BYTES });
    await peer.blockCount(1);
    expect(Buffer.compare(peer.blocks[0].payload, target.content.bytes.subarray(-LAST_BYTES))).toBe(0);
    peer.destroy();
    await servesOn();
  });
});
