import { describe, expect, it } from 'vitest';
import { downloadWaits, uploadWaits } from '../../../../src/engine/swarm/bottleneck.js';
import type { PeerCore } from '../../../../src/engine/swarm/peer-core.js';
import { Bench, BLOCK } from './bench.js';

const NOTHING_ELSE = { held: false, verifying: 0 };

function down({ core, nowMs }: Bench, arriving: Partial<typeof NOTHING_ELSE> = {}) {
  const { openPieces } = core.downloads;
  return downloadWaits(core.peers.values(), openPieces, { ...NOTHING_ELSE, ...arriving }, nowMs);
}

/** Answers all that is asked of the peer, in rounds of so many milliseconds. */
function answer(bench: Bench, peer: PeerCore, roundTripMs: number, rounds: number) {
  for (let i = 0; i < rounds; i++) {
    bench.nowMs += roundTripMs;
    for (const { ref } of [...peer.outstanding.values()]) bench.block(peer, ref.piece, ref.begin, ref.length);
  }
}

/** Answers one block every so often: the rest of the window waits at the peer. */
function drip(bench: Bench, peer: PeerCore, everyMs: number, blocks: number) {
  for (let i = 0; i < blocks; i++) {
    bench.nowMs += everyMs;
    bench.serve(peer, 1);
  }
}

const MANY = { pieceCount: 400, budgetPieces: 500 };

describe('a download waits', () => {
  it('for nobody without peers, and with peers that have nothing', () => {
    const bench = new Bench();
    expect(down(bench)).toEqual({ nobody: 1 });
    const peer = bench.connect();
    bench.receive(peer, { type: 'have-none' }, { type: 'unchoke' });
    expect(down(bench)).toEqual({ nobody: 1 });
  });

  it('for a choke only while nobody lets us ask', () => {
    const bench = new Bench();
    const peer = bench.connect();
    bench.receive(peer, { type: 'have-all' });
    expect(down(bench)).toEqual({ choke: 1 });
    const seed = bench.connectSeed();
    expect(down(bench)).toEqual({ peers: 1 });
    bench.receive(seed, { type: 'choke' });
    expect(down(bench)).toEqual({ choke: 1 });
    bench.receive(peer, { type: 'allowed-fast', piece: 3 });
    expect(down(bench)).toEqual({ peers: 1 });
    expect(bench.serve(peer)).toEqual([3]);
    expect(down(bench)).toEqual({ choke: 1 });
  });

  it('for a limit of ours, whatever else it may wait for', () => {
    const bench = new Bench({ budgetPieces: 1 });
    expect(down(bench, { held: true })).toEqual({ nobody: 1 });
    bench.connectSeed();
    expect(down(bench, { held: true, verifying: 1 })).toEqual({ localCap: 1 });
  });

  it('for memory when another piece cannot be started, for workers when they have most of it', () => {
    const bench = new Bench({ budgetPieces: 2, blocks: 2 });
    const peer = bench.connectSeed();
    expect(down(bench)).toEqual({ memory: 1 }); // the window of 4 wants more than the two blocks of the only slot
    expect(bench.serve(peer)).toHaveLength(1);
    expect(down(bench, { verifying: 1 })).toEqual({ workers: 1 });
    expect(down(bench, { verifying: 0 })).toEqual({ memory: 1 });
  });

  it('for no memory while the windows are full', () => {
    const bench = new Bench({ budgetPieces: 2, blocks: 4 });
    bench.connectSeed();
    expect(bench.core.downloads.starved).toBe(true); // one slot more would not be there, but nobody needs it
    expect(down(bench)).toEqual({ peers: 1 });
  });

  it('for workers when the last pieces are with them', () => {
    const bench = new Bench({ pieceCount: 2 });
    const peer = bench.connectSeed();
    expect(bench.serve(peer)).toHaveLength(2);
    expect(down(bench, { verifying: 2 })).toEqual({ workers: 1 });
    bench.verified(0);
    bench.verified(1);
    expect(down(bench)).toEqual({ nobody: 1 });
  });

  it('for the peer before it has answered at all', () => {
    const bench = new Bench();
    bench.connectSeed();
    expect(down(bench)).toEqual({ peers: 1 });
  });

  it('for the window while it takes no more and answers come at once', () => {
    const bench = new Bench(MANY);
    const peer = bench.connect({ extended: true });
    bench.greet(peer, { reqq: 2 });
    bench.receive(peer, { type: 'have-all' }, { type: 'unchoke' });
    answer(bench, peer, 80, 50);
    expect(peer.outstanding.size).toBe(2);
    expect(down(bench)).toMatchObject({ window: 1 });
    bench.nowMs += 81 + 40; // more than one and a half round trips without a block: the peer has stalled
    expect(down(bench)).toEqual({ peers: 1 });
  });

  it('for the window as long as slow start doubles it', () => {
    const bench = new Bench(MANY);
    const peer = bench.connectSeed();
    answer(bench, peer, 100, 4);
    expect(peer.window.size).toBe(4 * 2 ** 4);
    expect(down(bench)).toMatchObject({ window: 1 });
  });

  it('for a peer that lets requests wait, however small its window', () => {
    const bench = new Bench(MANY);
    const slow = bench.connectSeed();
    for (let i = 0; i < 300; i++) {
      drip(bench, slow, 50, 1);
      if (slow.window.roundTripMs !== undefined && i > 10) expect(down(bench)).toEqual({ peers: 1 });
    }
  });

  it('for window and peers by heads', () => {
    const bench = new Bench(MANY);
    const quick = bench.connect({ extended: true });
    bench.greet(quick, { reqq: 2 });
    bench.receive(quick, { type: 'have-all' }, { type: 'unchoke' });
    answer(bench, quick, 80, 50);
    for (let i = 0; i < 3; i++) bench.connectSeed();
    expect(down(bench)).toEqual({ window: 0.25, peers: 0.75 });
  });
});

describe('uploads wait', () => {
  /** A seed with so many interested peers that each have asked for a block. */
  function seed(peers: number, unchokeSlots = 8) {
    const bench = new Bench({ unchokeSlots, have: [...Array(8).keys()] });
    const takers = Array.from({ length: peers }, () => {
      const peer = bench.connect();
      bench.receive(peer, { type: 'have-none' }, { type: 'interested' });
      if (!peer.amChoking) bench.receive(peer, { type: 'request', piece: 0, begin: 0, length: BLOCK });
      return peer;
    });
    return { bench, takers, waits: () => uploadWaits(bench.core.peers.values()) };
  }

  it('for nobody while nobody is interested', () => {
    const { bench, waits } = seed(0);
    expect(waits()).toEqual({ nobody: 1 });
    bench.receive(bench.connect(), { type: 'have-none' });
    expect(waits()).toEqual({ nobody: 1 });
  });

  it('for a choke of ours only while nobody is served', () => {
    const { takers, waits } = seed(2);
    for (const peer of takers) peer.amChoking = true;
    expect(waits()).toEqual({ choke: 1 });
    takers[0].amChoking = false;
    expect(waits()).toEqual({ peers: 1 });
  });

  it('for a limit, then for memory, as soon as one peer does', () => {
    const { takers, waits } = seed(3);
    takers[0].uploadWait = 'disk';
    takers[1].uploadWait = 'memory';
    expect(waits()).toEqual({ memory: 1 });
    takers[2].uploadWait = 'localCap';
    expect(waits()).toEqual({ localCap: 1 });
  });

  it('for the disk by heads', () => {
    const { takers, waits } = seed(4);
    takers[0].uploadWait = 'disk';
    expect(waits()).toEqual({ disk: 0.25, peers: 0.75 });
  });

  it('for peers that ask for nothing, whatever their last block waited for', () => {
    const { bench, takers, waits } = seed(1);
    takers[0].uploadWait = 'disk';
    bench.core.uploads.sent(takers[0], bench.nowMs);
    expect(waits()).toEqual({ peers: 1 });
  });
});
