import { describe, expect, it } from 'vitest';
import { decodeExtendedHandshake } from '../../../../src/engine/protocol/peer/extended.js';
import type { PeerCore } from '../../../../src/engine/swarm/peer-core.js';
import { Bench, BLOCK, said, sent } from './bench.js';

const MOST = 8 * BLOCK;

/** Requests that a peer was sent: bytes of each. */
const requested = (peer: PeerCore) =>
  sent(peer).flatMap(message => (message.type === 'request' ? [message.length] : []));

/** A seed that takes `max` bytes a request and has answered so much within a second. */
function quickSeed({ max = MOST, answered = 200 } = {}) {
  const bench = new Bench({ blocks: 32, pieceCount: 64, maxBlockBytes: MOST, budgetPieces: 64 });
  const peer = bench.connect({ extended: true });
  bench.greet(peer, { maxBlockBytes: max });
  bench.receive(peer, { type: 'have-all' }, { type: 'unchoke' });
  for (let i = 0; i < answered; i++) {
    const [{ ref }] = peer.outstanding.values();
    bench.block(peer, ref.piece, ref.begin, ref.length);
    for (const { piece } of bench.take('verify')) bench.verified(piece);
    sent(peer);
  }
  return { bench, peer };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** Seventy blocks arrive within one turn, so that as many may be asked for. */
function answerMany(bench: Bench, peer: PeerCore) {
  for (const { ref } of [...peer.outstanding.values()].slice(0, 70)) {
    bench.core.beginBlock(peer, { piece: ref.piece, begin: ref.begin, length: BLOCK }, bench.nowMs);
    bench.core.endBlock(peer, bench.nowMs);
  }
  bench.turn();
  return requested(peer);
}

describe('blocks that follow each other', () => {
  it('are asked for together up to what both sides take', () => {
    const { bench, peer } = quickSeed();
    const lengths = answerMany(bench, peer);
    expect(Math.max(...lengths)).toBe(MOST);
    expect(sum(lengths) / lengths.length).toBeGreaterThan(4 * BLOCK);
    expect([...peer.outstanding.values()].every(({ ref }) => ref.length === BLOCK)).toBe(true);
  });

  it.each([
    ['of a peer that does not say that it takes more', { max: BLOCK }],
    ['of a slow peer', { answered: 4 }],
  ])('are asked for one by one %s', (_, options) => {
    const { bench, peer } = quickSeed(options);
    expect(answerMany(bench, peer).every(length => length === BLOCK)).toBe(true);
  });

  it('are free again when the request is rejected', () => {
    const { bench, peer } = quickSeed();
    answerMany(bench, peer);
    const before = peer.outstanding.size;
    const [{ ref }] = [...peer.outstanding.values()].slice(-1);
    const begin = Math.max(0, ref.begin - 3 * BLOCK);
    const length = ref.begin + BLOCK - begin;
    bench.receive(peer, { type: 'reject', piece: ref.piece, begin, length });
    expect(peer.outstanding.size).toBeLessThan(before);
    const left = [...peer.outstanding.values()].some(
      asked => asked.ref.piece === ref.piece && asked.ref.begin >= begin && asked.ref.begin < begin + length,
    );
    expect(left).toBe(false);
  });
});

describe('room in the window of such a peer', () => {
  it('is used in lots', () => {
    const { bench, peer } = quickSeed();
    answerMany(bench, peer); // and now it is full
    const few = [...peer.outstanding.values()].slice(0, 8);
    for (const { ref } of few) bench.block(peer, ref.piece, ref.begin);
    expect(requested(peer)).toEqual([]);
    expect(sum(answerMany(bench, peer))).toBeGreaterThanOrEqual(64 * BLOCK);
  });
});

describe('our handshake', () => {
  it('tells what we take at once, if it is more than everybody does', () => {
    const told = (maxBlockBytes?: number) => {
      const [message] = sent(new Bench({ maxBlockBytes }).connect({ extended: true }));
      if (message.type !== 'extended') throw new Error(`it is ${message.type}`);
      return decodeExtendedHandshake(message.payload).maxBlockBytes;
    };
    expect([told(), told(BLOCK), told(MOST)]).toEqual([undefined, undefined, MOST]);
  });
});

it('a request of several blocks may leave in parts', () => {
  const bench = new Bench({ blocks: 16, have: [0] });
  const peer = bench.connect();
  bench.receive(peer, { type: 'interested' });
  bench.receive(peer, { type: 'request', piece: 0, begin: 0, length: 3 * BLOCK });
  bench.core.uploads.sent(peer, 0, BLOCK);
  expect(peer.uploads).toEqual([{ piece: 0, begin: BLOCK, length: 2 * BLOCK }]);
  bench.core.uploads.sent(peer, 0);
  expect(peer.uploads).toEqual([]);
  expect(peer.up.total).toBe(3 * BLOCK);
});

describe('a cancel within a request of several blocks', () => {
  const cancelled = (first: number, blocks: number) => {
    const bench = new Bench({ blocks: 16, have: [0] });
    const peer = bench.connect();
    bench.receive(peer, { type: 'interested' });
    bench.receive(peer, { type: 'request', piece: 0, begin: 2 * BLOCK, length: 4 * BLOCK });
    said(peer);
    bench.receive(peer, { type: 'cancel', piece: 0, begin: first * BLOCK, length: blocks * BLOCK });
    return {
      left: peer.uploads.map(({ begin, length }) => [begin / BLOCK, length / BLOCK]),
      said: said(peer),
    };
  };

  it('leaves what is before and behind', () => {
    expect(cancelled(3, 1)).toEqual({
      left: [
        [2, 1],
        [4, 2],
      ],
      said: ['reject 0,3'],
    });
    expect(cancelled(2, 1).left).toEqual([[3, 3]]);
    expect(cancelled(5, 1).left).toEqual([[2, 3]]);
    expect(cancelled(2, 4).left).toEqual([]);
  });

  it('changes nothing when it is for more than was asked', () => {
    expect(cancelled(1, 2)).toEqual({ left: [[2, 4]], said: [] });
  });
});
