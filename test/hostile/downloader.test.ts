import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { formatAddress, type Torrent, type TorrentEvent } from '../../dist/index.js';
import { utf8 } from '../../src/engine/bytes.js';
import { Stage } from '../lib/stage.js';
import { extended, join, message, times, u32 } from './bytes.js';
import { newPeerId, type RawListener, type RawPeer } from './raw-peer.js';
import { BLOCK, blockOf, KiB, makeContent, Target } from './world.js';

/** What a downloader puts up with, and that it then gets everything from an honest peer. */

const PIECE = 32 * KiB;
const content = makeContent(10 * PIECE + 5000, { pieceLength: PIECE });
const LAST = 10;

let stage: Stage;
let target: Target;
let seed: Target;
let listener: RawListener;
let tableBytes: number;
/** Of the torrent that is fetched now. */
let torrent: Torrent;
let events: TorrentEvent[];
/** The name under which the session knows the peer that it dials. */
let dialled: string;

beforeAll(async () => {
  stage = await Stage.open();
  seed = await Target.seed(stage, content);
  target = await Target.open(stage, content);
  tableBytes = await target.idleTableBytes();
});
afterEach(async () => {
  target.hangUp();
  listener.close();
  await torrent.close();
});
afterAll(() => stage.close());

/** A torrent that knows one peer: us. */
async function start(): Promise<void> {
  events = [];
  listener = await target.listener();
  dialled = formatAddress(listener.address);
  torrent = await target.fetch({ peers: [listener.address] });
  for (const type of ['peer-banned', 'piece-failed'] as const) torrent.on(type, event => events.push(event));
}

/** The session dials us; we greet it and have everything. */
async function meet(features = { fast: true, extended: true }): Promise<RawPeer> {
  const peer = await listener.next();
  peer.expectPieces(content.metainfo.pieceCount);
  peer.handshake(content.metainfo.infoHash, features);
  await peer.until('peer id', () => peer.count('peer-id') > 0);
  return peer;
}

/** Has everything, and unchokes. */
function offer(peer: RawPeer): void {
  peer.send({ type: 'have-all' }, { type: 'unchoke' });
}

/** An honest seed is found at last. */
async function finishes(): Promise<void> {
  torrent.addPeer(seed.session.address!);
  await torrent.completed({ signal: AbortSignal.timeout(8_000) });
  const bytes = new Uint8Array(content.bytes.length);
  await torrent.files[0].read(bytes);
  expect(Buffer.compare(bytes, content.bytes), 'what arrived is what was shared').toBe(0);
  await ends();
}

async function ends(): Promise<void> {
  listener.close();
  await torrent.close();
  expect(await target.idleTableBytes(), 'no table leaked').toBe(tableBytes);
  expect(target.session.stats().memory.usedBytes, 'no slot leaked').toBe(0);
}

/** Answers every request in its way. */
function answer(peer: RawPeer, how: (piece: number, begin: number, length: number) => void): void {
  const heard = (m: (typeof peer.messages)[number]) => {
    if (m.type === 'request') how(m.piece, m.begin, m.length);
  };
  for (const m of peer.messages) heard(m);
  peer.onMessage = heard;
}

describe('a peer that is dialled and is none', () => {
  it.each<[string, (peer: RawPeer) => void, string]>([
    ['hangs up', peer => peer.destroy(), 'ERR_PEER_CLOSED|ERR_NET_RESET|undefined'],
    ['sends a web page', peer => peer.raw('HTTP/1.1 200 OK\r\n\r\n<html>'), 'ERR_WIRE_HANDSHAKE'],
    ['is in another torrent', peer => peer.handshake('cd'.repeat(20)), 'ERR_WIRE_HANDSHAKE'],
    [
      'is the session itself',
      peer => peer.handshake(content.metainfo.infoHash, {}, target.session.peerId),
      'ERR_PEER_DUPLICATE',
    ],
  ])('%s', async (_, act, code) => {
    await start();
    act(await listener.next());
    expect(String((await target.closeOf(dialled)).code)).toMatch(new RegExp(`^(?:${code})$`));
    await finishes();
  });

  it('says nothing at all', async () => {
    await start();
    await listener.next();
    await finishes();
  });
});

describe('blocks that nobody asked for', () => {
  it('are put up with 512 times, then the peer is cut off', async () => {
    await start();
    const peer = await meet();
    // It never unchoked us, so nothing can have been asked for.
    for (let i = 0; i < 600; i++) peer.sendBlock(i % 10, 0, new Uint8Array(BLOCK));
    await peer.gone;
    const { code, message } = await target.closeOf(dialled);
    expect(code).toBe('ERR_WIRE_MESSAGE');
    expect(message).toMatch(/\d+ blocks that nobody asked for, at most 512/);
    expect(target.session.stats().memory.usedBytes, 'they got no memory').toBe(0);
    await finishes();
  });

  it.each<[string, (peer: RawPeer, piece: number, begin: number) => void]>([
    ['with a begin one too far', (p, piece, begin) => p.sendBlock(piece, begin + 1, new Uint8Array(BLOCK))],
    ['shorter than asked for', (p, piece, begin) => p.sendBlock(piece, begin, new Uint8Array(100))],
    ['longer than asked for', (p, piece, begin) => p.sendBlock(piece, begin, new Uint8Array(2 * BLOCK))],
    ['at begin 2^32-1', (p, piece) => p.sendBlock(piece, 0xffffffff, new Uint8Array(BLOCK))],
    ['behind the end of the piece', (p, piece) => p.sendBlock(piece, PIECE, new Uint8Array(BLOCK))],
    // Reckoned from the first piece, this is where the block that was asked for lies.
    [
      'under another piece',
      (p, piece, begin) => p.sendBlock(0, piece * PIECE + begin, new Uint8Array(BLOCK)),
    ],
  ])('%s: thrown away, and nothing in memory changes', async (_, act) => {
    await start();
    const peer = await meet();
    // Junk first, then what was asked for: were the junk taken, the piece would fail.
    answer(peer, (piece, begin, length) => {
      if (piece > 0) act(peer, piece, begin);
      peer.sendBlock(piece, begin, blockOf(content, piece, begin, length));
    });
    offer(peer);
    await torrent.completed({ signal: AbortSignal.timeout(8_000) });
    expect(events).toEqual([]);
    expect(torrent.stats().wasted).toBeGreaterThan(0);
    const bytes = new Uint8Array(content.bytes.length);
    await torrent.files[0].read(bytes);
    expect(Buffer.compare(bytes, content.bytes)).toBe(0);
    await ends();
  });

  it('the same block again and again', async () => {
    await start();
    const peer = await meet();
    answer(peer, (piece, begin, length) => {
      for (let i = 0; i < 3; i++)
        peer.sendBlock(
          piece,
          begin,
          i === 0 ? blockOf(content, piece, begin, length) : new Uint8Array(length),
        );
    });
    offer(peer);
    await torrent.completed({ signal: AbortSignal.timeout(8_000) });
    expect(events).toEqual([]);
    await ends();
  });
});

describe('a liar', () => {
  it('that sends a bad piece alone is banned, and neither dialled nor let in again', async () => {
    await start();
    const peerId = newPeerId();
    const peer = await listener.next();
    peer.expectPieces(content.metainfo.pieceCount).handshake(content.metainfo.infoHash, {}, peerId);
    await peer.until('peer id', () => peer.count('peer-id') > 0);
    answer(peer, (piece, begin, length) => peer.sendBlock(piece, begin, new Uint8Array(length)));
    peer.send({ type: 'bitfield', bits: Uint8Array.of(0xff, 0xe0) }, { type: 'unchoke' });
    await peer.gone;
    expect(await target.closeOf(dialled)).toMatchObject({
      code: 'ERR_PEER_BANNED',
      message: /alone sent piece \d+/,
    });
    expect(events.map(event => event.type)).toContain('peer-banned');

    torrent.addPeer(listener.address);
    expect(torrent.stats().knownPeers, 'nobody is dialled only to be refused').toBe(0);
    const again = await target.dial();
    again.handshake(content.metainfo.infoHash, {}, peerId);
    await again.gone;
    expect((await target.closeOf(again)).code).toBe('ERR_PEER_BANNED');
    await finishes();
  });

  it('that hangs up before its piece is checked is banned all the same', async () => {
    await start();
    const peer = await meet({ fast: false, extended: false });
    const sent = new Map<number, number>();
    answer(peer, (piece, begin, length) => {
      peer.sendBlock(piece, begin, new Uint8Array(length));
      sent.set(piece, (sent.get(piece) ?? 0) + length);
      if (sent.get(piece) === (piece === LAST ? 5000 : PIECE)) peer.socket.end();
    });
    peer.send({ type: 'bitfield', bits: Uint8Array.of(0xff, 0xe0) }, { type: 'unchoke' });
    await peer.gone;
    const seen = () => events.filter(event => event.type === 'peer-banned');
    await expect.poll(seen, { timeout: 5_000 }).toMatchObject([{ address: dialled }]);
    await finishes();
  });

  it('that spoils one block of many pieces is found; the honest peers are not banned', async () => {
    await start();
    const peer = await meet();
    // One bad block a piece, while two honest peers give the rest.
    answer(peer, (piece, begin, length) => {
      const block = blockOf(content, piece, begin, length).slice();
      block[0] ^= 1;
      peer.sendBlock(piece, begin, block);
    });
    offer(peer);
    const second = await Target.seed(stage, content, { limits: { up: 200 * KiB } });
    torrent.addPeer(second.session.address!);
    await finishesWith(second);
    const banned = events.flatMap(event => (event.type === 'peer-banned' ? [event.address] : []));
    expect(new Set(banned)).toEqual(new Set([dialled]));
  });

  async function finishesWith(other: Target): Promise<void> {
    await finishes();
    await other.session.close();
  }
});

describe('a peer that promises and does not keep', () => {
  it.each<[string, (peer: RawPeer) => void]>([
    ['unchokes, and sends nothing', () => {}],
    [
      'rejects every request',
      peer => answer(peer, (piece, begin, length) => peer.send({ type: 'reject', piece, begin, length })),
    ],
    [
      'sends half of every block',
      peer =>
        answer(peer, (piece, begin, length) =>
          peer.send({ type: 'piece', piece, begin, length }).raw(new Uint8Array(length >> 1)),
        ),
    ],
    ['chokes and unchokes 10,000 times', peer => peer.raw(times(10_000, join(message(0), message(1))))],
    [
      'takes its pieces back, and brings them again, 10,000 times',
      peer => peer.raw(times(10_000, join(extended(1, u32(3)), message(4, u32(3))))),
    ],
    [
      'allows pieces and then chokes',
      peer => peer.raw(join(times(100_000, message(17, u32(4))), message(0))),
    ],
    ['suggests the same piece 100,000 times', peer => peer.raw(times(100_000, message(13, u32(4))))],
    ['says have-all 100,000 times', peer => peer.raw(times(100_000, message(14)))],
    ['says that it takes one request at a time', peer => peer.raw(extended(0, 'd4:reqqi1ee'))],
    ['says that it takes 2^53 requests', peer => peer.raw(extended(0, 'd4:reqqi9007199254740992ee'))],
    [
      'calls itself in escape sequences',
      peer => peer.raw(extended(0, 'd1:v12:\x1b[2J\x1b[H\x07\x00\x08\x7f\x9bye')),
    ],
  ])('%s', async (_, act) => {
    await start();
    const peer = await meet();
    offer(peer);
    await peer.message('request');
    act(peer);
    await finishes();
  });

  it('a client name with control characters is shown without them', async () => {
    await start();
    const peer = await meet();
    peer.raw(extended(0, join(utf8('d1:v9:'), utf8('\x1b[2JEv\x07il'), utf8('e'))));
    await expect.poll(() => torrent.stats().peers[0]?.client, { timeout: 5_000 }).toBe('[2JEvil');
    await finishes();
  });
});
