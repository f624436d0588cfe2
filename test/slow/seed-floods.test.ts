import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../../src/engine/protocol/peer/messages.js';
import { extended, join, message, times, u32 } from '../hostile/bytes.js';
import { encodeAll, type RawPeer, repeat } from '../hostile/raw-peer.js';
import { BLOCK, blockOf, Honest, KiB, MiB, makeContent, Target } from '../hostile/world.js';
import { openStage } from '../lib/e2e-stage.js';
import { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';

/** What a seed puts up with, while it goes on serving others. */

let stage: Stage;
let target: Target;
let honest: Honest;
let tableBytes: number;

beforeAll(async () => {
  stage = await Stage.open();
  target = await Target.seed(stage, makeContent(40 * 32 * KiB + 5000));
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

const request = (piece: number, begin = 0): Message => ({ type: 'request', piece, begin, length: BLOCK });

/** A piece that is not in the allowed-fast set of the peer, so that it is not served while we choke. */
async function notAllowed(peer: RawPeer): Promise<number> {
  await peer.until('allowed-fast set', () => peer.count('allowed-fast') === 10);
  const allowed = new Set(peer.messages.map(m => (m.type === 'allowed-fast' ? m.piece : -1)));
  return Array.from({ length: 40 }, (_, piece) => piece).find(piece => !allowed.has(piece))!;
}

describe('100,000 messages at once, from a peer that stays', () => {
  it.each<[string, Uint8Array]>([
    [
      'have',
      times(2500, encodeAll(Array.from({ length: 40 }, (_, piece) => ({ type: 'have', piece }) as const))),
    ],
    ['choke and unchoke', times(50_000, join(message(0), message(1)))],
    ['interested and not interested', times(50_000, join(message(2), message(3)))],
    ['suggest', repeat({ type: 'suggest', piece: 3 }, 100_000)],
    ['allowed fast', repeat({ type: 'allowed-fast', piece: 3 }, 100_000)],
    ['reject', repeat({ type: 'reject', piece: 3, begin: 0, length: BLOCK }, 100_000)],
    ['cancel', repeat({ type: 'cancel', piece: 3, begin: 0, length: BLOCK }, 100_000)],
    ['port', repeat({ type: 'port', port: 1 }, 100_000)],
    ['keep-alive', new Uint8Array(400_000)],
    ['have none, then bitfields', join(message(15), times(50_000, message(5, new Uint8Array(6))))],
    ['unknown extensions', times(100_000, extended(9, 'x'))],
    ['extension handshakes', times(20_000, extended(0, 'd1:md11:lt_donthavei1ee1:v4:Evile'))],
    ['have and lt_donthave', times(50_000, join(message(4, u32(5)), extended(1, u32(5))))],
  ])('%s', async (_, flood) => {
    const peer = await target.join();
    peer.raw(flood);
    await servesMeanwhile(peer);
    // It was all read, and the peer is still welcome.
    peer.send({ type: 'interested' });
    await peer.fetchBlock({ piece: 0, begin: 0, length: BLOCK });
    peer.destroy();
    await servesOn();
  });

  async function servesMeanwhile(peer: RawPeer): Promise<void> {
    await honest.fetch();
    await until('the flood to be taken', () => peer.unsent === 0, { timeoutMs: 8_000, everyMs: 2 });
  }
});

describe('10,000 requests at once', () => {
  it('are rejected while we choke', async () => {
    const peer = await target.join();
    peer.raw(repeat(request(await notAllowed(peer)), 10_000));
    await peer.until('rejects', () => peer.count('reject') === 10_000);
    expect(peer.count('piece')).toBe(0);
    peer.destroy();
    await servesOn();
  });

  it('are silently dropped where the peer has no Fast Extension', async () => {
    const peer = await target.join({ fast: false });
    peer.raw(repeat(request(20), 10_000)).send({ type: 'interested' });
    await peer.message('unchoke');
    peer.send(request(1));
    await peer.blockCount(1);
    expect(peer.blocks[0].piece).toBe(1);
    expect(peer.count('reject')).toBe(0);
    peer.destroy();
    await servesOn();
  });

  it('of an unchoked peer: 2000 wait (reqq), each of the others is rejected, and each is answered once', async () => {
    const peer = await target.join();
    const greeting = await peer.message('extended', m => m.id === 0);
    expect(new TextDecoder('latin1').decode(greeting.payload)).toContain('4:reqqi2000e');
    peer.send({ type: 'interested' });
    await peer.message('unchoke');
    const all = Array.from({ length: 10_000 }, (_, i) => request(i % 40, (i & 1) * BLOCK));
    peer.send(...all);
    await peer.until('answers', () => peer.count('reject') + peer.count('piece') === 10_000);
    expect(peer.count('piece')).toBeGreaterThanOrEqual(2000);
    expect(peer.count('reject')).toBeGreaterThan(0);
    for (const { piece, begin, payload } of peer.blocks.slice(0, 100))
      expect(Buffer.compare(payload, blockOf(target.content, piece, begin, BLOCK))).toBe(0);
    peer.destroy();
    await servesOn();
  });

  it('and as many cancels: each is answered by the block or by a reject', async () => {
    const peer = await target.join();
    peer.send({ type: 'interested' });
    await peer.message('unchoke');
    const asked = Array.from({ length: 2000 }, (_, i) => request(i % 40, (i & 1) * BLOCK));
    const taken = asked.map(range => ({ ...range, type: 'cancel' }) as Message);
    for (let i = 0; i < 5; i++) peer.send(...asked, ...taken);
    await peer.until('answers', () => peer.count('reject') + peer.count('piece') === 10_000);
    peer.destroy();
    await servesOn();
  });
});

describe('a peer that never reads', () => {
  /** What the kernel's two buffers of a loopback connection may hold, and what the session may besides. */
  const KERNEL_BYTES = 12 * MiB;

  it('and asks for what it may not have: the session stops reading it, so rejects do not pile up', async () => {
    const peer = await target.join();
    const flood = 17 * 2 * MiB;
    const piece = await notAllowed(peer);
    peer.socket.pause();
    peer.raw(repeat(request(piece), flood / 17));
    await honest.fetch();
    await until('the flood to stall', stalled(peer), { timeoutMs: 8_000 });
    expect(flood - peer.unsent, 'bytes that the session took').toBeLessThan(2 * KERNEL_BYTES);
    // It reads again, and the session does: nothing was lost.
    peer.socket.resume();
    await peer.until('rejects', () => peer.count('reject') === flood / 17);
    peer.destroy();
    await servesOn();
  });

  it('and asks for one block of every piece: it cannot hold the memory of all others', async () => {
    const stage = await openStage();
    // 64 pieces do not fit into the memory; the blocks of one send queue could pin them all.
    const pieceLength = 256 * KiB;
    const content = makeContent(64 * pieceLength, { pieceLength });
    const target = await Target.seed(stage, content, { memoryBytes: 8 * MiB });
    const honest = await Honest.open(target);
    const peers: RawPeer[] = [];
    for (let i = 0; i < 3; i++) {
      const peer = await target.join();
      peer.socket.pause();
      peer.send({ type: 'interested' });
      for (let block = 0; block < 16; block++)
        for (let piece = 0; piece < 64; piece++) peer.send(request(piece, block * BLOCK));
      peers.push(peer);
    }
    const sent = () => target.session.stats().torrents[0].uploaded;
    let before = -1;
    await until('the queues to fill', () => before === (before = sent()) && before > 0, { everyMs: 100 });
    const { usedBytes, budgetBytes } = target.session.stats().memory;
    expect(usedBytes).toBeLessThanOrEqual(budgetBytes);
    await honest.fetch();
    for (const peer of peers) peer.destroy();
    await target.idleTableBytes();
    await honest.fetch();
  });

  function stalled(peer: RawPeer): () => boolean {
    let last = -1;
    let same = 0;
    return () => {
      same = peer.unsent === last ? same + 1 : 0;
      last = peer.unsent;
      return same >= 8;
    };
  }
});
