import { describe, expect, it } from 'vitest';
import type { PeerCore } from '../../../../src/engine/swarm/peer-core.js';
import { asked, Bench, BLOCK, said, sent } from './bench.js';

/** The oldest request at the peer. */
function oldest(peer: PeerCore) {
  const [first] = peer.outstanding.values();
  return first.ref;
}

/** One piece of four blocks, and two seeds that we may ask: the second gets doubles of the end-game. */
function endGame() {
  const bench = new Bench({ pieceCount: 1, length: 4 * BLOCK });
  const first = bench.connectSeed();
  const second = bench.connectSeed();
  for (const peer of [first, second]) sent(peer);
  return { bench, first, second };
}

describe('requests', () => {
  it('fill the window, which grows with each block', () => {
    const bench = new Bench({ blocks: 16 });
    const peer = bench.connectSeed();
    expect(asked(peer)).toHaveLength(4);
    bench.block(peer, oldest(peer).piece, oldest(peer).begin);
    expect(asked(peer)).toHaveLength(5);
  });

  it('stay within what the peer takes', () => {
    const bench = new Bench();
    const peer = bench.connect({ extended: true });
    bench.greet(peer, { reqq: 3 });
    bench.receive(peer, { type: 'have-all' }, { type: 'unchoke' });
    expect(asked(peer)).toHaveLength(3);
    bench.block(peer, oldest(peer).piece, oldest(peer).begin);
    expect(asked(peer)).toHaveLength(3);
  });

  it('name the short last block', () => {
    const bench = new Bench({ pieceCount: 1, length: 2 * BLOCK + 5 });
    const peer = bench.connectSeed();
    expect([...peer.outstanding.values()].map(({ ref }) => ref.length)).toEqual([BLOCK, BLOCK, 5]);
    expect(bench.serve(peer)).toEqual([0]);
  });

  it('are made by nobody in a torrent that is stopped, which holds no memory', () => {
    const bench = new Bench();
    const peer = bench.connectSeed();
    bench.core.setActive(false);
    expect(asked(peer)).toEqual([]);
    expect(bench.machine.slots.usedBytes).toBe(0);
    bench.pass(2);
    expect(asked(peer)).toEqual([]);
    bench.core.setActive(true);
    bench.turn();
    expect(asked(peer)).toHaveLength(4);
  });

  it('nor does a piece hold any that proves bad after the stop', () => {
    const bench = new Bench({ pieceCount: 1, length: 4 * BLOCK });
    const peer = bench.connectSeed();
    expect(bench.serve(peer)).toEqual([0]);
    bench.core.setActive(false);
    expect(bench.machine.slots.usedBytes).toBe(4 * BLOCK);
    bench.verified(0, false);
    expect(bench.machine.slots.usedBytes).toBe(0);
    bench.core.setActive(true);
    bench.turn();
    expect(asked(peer)).toHaveLength(4);
  });

  it('that are rejected while we are unchoked are not made again within a second', () => {
    const bench = new Bench();
    const peer = bench.connectSeed();
    const first = oldest(peer);
    sent(peer);
    bench.pass(1);
    bench.receive(peer, { type: 'reject', ...first });
    expect(said(peer)).toEqual([]);
    bench.pass(1);
    expect(said(peer)).toEqual([`request ${first.piece},${first.block}`]);
  });
});

describe('a block', () => {
  it('lands in the slot of its piece', () => {
    const bench = new Bench();
    const peer = bench.connectSeed();
    const { piece } = oldest(peer);
    const at = bench.block(peer, piece, 0);
    expect(at).toBe(bench.core.downloads.slotOf(piece));
    expect(bench.block(peer, piece, BLOCK)).toBe(at + BLOCK);
  });

  it.each([
    [
      'begins behind its piece, where a block of a later piece is asked for',
      { begin: 4 * BLOCK, length: BLOCK },
    ],
    ['begins between two blocks', { begin: 5, length: BLOCK }],
    ['is too short', { begin: 0, length: BLOCK - 1 }],
    ['is too long', { begin: 0, length: BLOCK + 1 }],
  ])('that %s goes nowhere', (_, range) => {
    const bench = new Bench({ sequential: true });
    const peer = bench.connectSeed();
    bench.block(peer, 0, BLOCK);
    expect(asked(peer)).toEqual(['0,0', '0,2', '0,3', '1,0', '1,1']);
    const before = asked(peer);
    expect(bench.block(peer, 0, range.begin, range.length)).toBe(-1);
    expect(asked(peer)).toEqual(before);
    expect(peer.unaskedBlocks).toBe(1);
  });
});

describe('the end-game', () => {
  it('asks a second peer for the last blocks, and takes it back with a cancel', () => {
    const { bench, first, second } = endGame();
    expect(asked(first)).toEqual(['0,0', '0,1', '0,2', '0,3']);
    expect(asked(second)).toEqual(['0,3', '0,2', '0,1', '0,0']); // from behind
    bench.block(first, 0, 0);
    expect(said(second)).toEqual(['cancel 0,0']);
    bench.block(second, 0, 3 * BLOCK);
    expect(said(first)).toEqual(['cancel 0,3']);
    expect(asked(first)).toEqual(['0,1', '0,2']);
    expect(asked(second)).toEqual(['0,2', '0,1']);
  });

  it('writes only the newest copy of a block that comes from two peers at once', () => {
    const { bench, first, second } = endGame();
    const range = { piece: 0, begin: 0, length: BLOCK };
    const at = bench.core.beginBlock(first, range, 0);
    expect(bench.core.beginBlock(second, range, 0)).toBe(at);
    expect(first.receiving?.targetAt).toBe(-1);
    bench.core.endBlock(first, 0); // thrown away
    expect(bench.core.picker.isFinished(0, 0)).toBe(false);
    bench.core.endBlock(second, 0);
    expect(bench.core.picker.isFinished(0, 0)).toBe(true);
    expect(bench.core.picker.sources(0)[0]).toBe(second.key);
  });

  it('asks again when the newest copy breaks off after the older one came to nothing', () => {
    const { bench, first, second } = endGame();
    const range = { piece: 0, begin: 0, length: BLOCK };
    bench.core.beginBlock(first, range, 0);
    bench.core.beginBlock(second, range, 0);
    bench.core.endBlock(first, 0);
    bench.core.removePeer(second.key, 0);
    bench.turn();
    expect(asked(first)).toContain('0,0');
    expect(bench.serve(first)).toEqual([0]);
  });

  it('takes a copy that is cancelled in the middle for waste, without a write or a grudge', () => {
    const { bench, first, second } = endGame();
    const range = { piece: 0, begin: 0, length: BLOCK };
    bench.core.beginBlock(first, range, 0);
    bench.block(second, 0, 0);
    expect(first.receiving?.targetAt).toBe(-1);
    bench.core.endBlock(first, 0);
    bench.turn();
    expect(first.unaskedBlocks).toBe(0);
    expect(bench.core.downloads.wastedBytes).toBe(BLOCK);
  });

  it('writes nothing into a piece that is being hashed or is done', () => {
    const { bench, first, second } = endGame();
    const range = { piece: 0, begin: 3 * BLOCK, length: BLOCK };
    expect(bench.serve(first)).toEqual([0]);
    expect(bench.core.beginBlock(second, range, 0)).toBe(-1);
    bench.core.endBlock(second, 0);
    bench.verified(0);
    expect(bench.core.beginBlock(second, range, 0)).toBe(-1);
  });
});

describe('a silent peer', () => {
  it('is snubbed after 20 s: others get its blocks, it gets one request at a time', () => {
    const bench = new Bench({ pieceCount: 1, length: 4 * BLOCK });
    const silent = bench.connectSeed();
    bench.pass(19);
    expect(silent.snubbed).toBe(false);
    bench.pass(1);
    expect(silent).toMatchObject({ snubbed: true });
    expect(silent.window.size).toBe(1);
    const other = bench.connectSeed();
    expect(asked(other)).toEqual(['0,0', '0,1', '0,2', '0,3']);
    expect(bench.core.picker.endgame).toBe(true);
  });

  it('is no longer snubbed with its next block, which is taken although it came late', () => {
    const bench = new Bench({ pieceCount: 1, length: 4 * BLOCK });
    const silent = bench.connectSeed();
    bench.pass(20);
    expect(bench.block(silent, 0, 0)).toBeGreaterThanOrEqual(0);
    expect(silent.snubbed).toBe(false);
    expect(bench.core.picker.isFinished(0, 0)).toBe(true);
  });

  it('is not asked a second time for what it still owes', () => {
    const bench = new Bench({ pieceCount: 1, length: 4 * BLOCK });
    const silent = bench.connectSeed();
    bench.pass(20);
    sent(silent);
    bench.block(silent, 0, 0);
    bench.block(silent, 0, BLOCK);
    expect(said(silent)).toEqual([]);
    expect(bench.core.picker.outstanding(silent.key)).toBe(asked(silent).length);
    expect(bench.serve(silent)).toEqual([0]);
    expect(silent.unaskedBlocks).toBe(0);
  });

  it('loses requests of 60 s with a cancel, and may be asked again', () => {
    const bench = new Bench({ pieceCount: 1, length: 4 * BLOCK });
    const silent = bench.connectSeed();
    sent(silent);
    bench.pass(59);
    expect(said(silent)).toEqual([]);
    bench.pass(1);
    expect(said(silent)).toEqual([...[0, 1, 2, 3].map(block => `cancel 0,${block}`), 'request 0,0']);
  });

  it('is not snubbed for the time in which nothing was asked of it', () => {
    const bench = new Bench({ have: [0, 1, 2, 3, 4, 5, 6, 7] });
    const peer = bench.connect();
    bench.receive(peer, { type: 'unchoke' });
    bench.pass(100);
    expect(peer.snubbed).toBe(false);
  });
});

describe('memory', () => {
  it('of one slot is enough for a piece at a time', () => {
    const bench = new Bench({ budgetPieces: 1 });
    const peer = bench.connectSeed();
    for (let piece = 0; piece < 8; piece++) {
      expect(new Set(asked(peer).map(text => text.split(',')[0])).size).toBe(1);
      const [full] = bench.serve(peer);
      expect(bench.core.downloads.starved).toBe(true);
      bench.verified(full);
      bench.core.memoryFreed();
      bench.turn();
    }
    expect(bench.core.picker.complete).toBe(true);
    expect(bench.machine.slots.usedBytes).toBe(0);
  });

  it('is at most half of the budget', () => {
    const bench = new Bench({ budgetPieces: 4, blocks: 1 });
    for (let i = 0; i < 4; i++) bench.connectSeed();
    expect(bench.core.downloads.openPieces).toBe(2);
  });

  it('of a piece that is no longer wanted comes back, and its requests are cancelled', () => {
    const bench = new Bench();
    const peer = bench.connectSeed();
    const { piece } = oldest(peer);
    bench.block(peer, piece, 0);
    sent(peer);
    bench.core.setPriority(0, 8, 0);
    bench.turn();
    expect(bench.machine.slots.usedBytes).toBe(0);
    expect(said(peer).filter(text => text.startsWith('cancel'))).not.toEqual([]);
    expect(asked(peer)).toEqual([]);
    bench.core.setPriority(piece, piece + 1, 2);
    bench.turn();
    expect(asked(peer)).toContain(`${piece},0`);
  });

  it('of a piece that is being hashed stays until the answer, also when nobody wants it any more', () => {
    for (const good of [true, false]) {
      const bench = new Bench({ pieceCount: 1, length: 4 * BLOCK });
      const peer = bench.connectSeed();
      bench.serve(peer);
      bench.core.setPriority(0, 1, 0);
      expect(bench.machine.slots.usedBytes).toBe(4 * BLOCK);
      bench.verified(0, good);
      expect(bench.machine.slots.usedBytes).toBe(0);
      expect(bench.core.picker.has(0)).toBe(good);
    }
  });

  it('of a piece that could not be written comes back, and it is fetched again', () => {
    const bench = new Bench({ pieceCount: 1, length: 4 * BLOCK });
    const peer = bench.connectSeed();
    bench.serve(peer);
    bench.core.handleUnwritten(0);
    expect(bench.machine.slots.usedBytes).toBe(0);
    bench.turn();
    expect(asked(peer)).toHaveLength(4);
  });
});
