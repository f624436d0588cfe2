import { describe, expect, it } from 'vitest';
import type { PeerCore } from '../../../../src/engine/swarm/peer-core.js';
import { asked, Bench, BLOCK, said, sent } from './bench.js';

/** The oldest request at the peer. */
function oldest(peer: PeerCore) {
  const [first] = peer.outstanding.values();
  return first.ref;
}

describe('a block', () => {
  it('that nobody asked for goes nowhere; a peer that sends too many is cut off', () => {
    const bench = new Bench({ have: [0] });
    const peer = bench.connect();
    for (let i = 0; i < 512; i++) expect(bench.block(peer, 0, 0)).toBe(-1);
    expect(bench.take('disconnect')).toEqual([]);
    bench.block(peer, 0, 0);
    expect(bench.take('disconnect')).toMatchObject([{ peer: peer.key, error: { code: 'ERR_WIRE_MESSAGE' } }]);
    expect(bench.core.downloads.wastedBytes).toBe(513 * BLOCK);
  });

  it('that was on its way when its request was taken back is no offence', () => {
    const bench = new Bench();
    const peer = bench.connectSeed();
    for (let i = 0; i < 600; i++) {
      const { piece, begin } = oldest(peer);
      bench.setPriorities([0, 8, 0]);
      expect(asked(peer)).toEqual([]);
      expect(bench.block(peer, piece, begin)).toBe(-1);
      bench.setPriorities([0, 8, 2]);
    }
    expect(bench.take('disconnect')).toEqual([]);
    expect(peer.unaskedBlocks).toBe(0);
  });

  it('is no trouble when few of them come unasked over a long time', () => {
    const bench = new Bench({ have: [0] });
    const peer = bench.connect();
    for (let i = 0; i < 2000; i++) {
      bench.block(peer, 0, 0);
      if (i % 8 === 0) bench.pass(1);
    }
    expect(bench.take('disconnect')).toEqual([]);
  });
});

describe('silence', () => {
  it('of ours is broken after 90 s by a keep-alive', () => {
    const bench = new Bench();
    const peer = bench.connect();
    sent(peer);
    bench.pass(89);
    expect(said(peer)).toEqual([]);
    bench.pass(1);
    expect(said(peer)).toEqual(['keep-alive']);
    bench.receive(peer, { type: 'keep-alive' });
    bench.pass(89);
    expect(said(peer)).toEqual([]);
    bench.pass(1);
    expect(said(peer)).toEqual(['keep-alive']);
  });

  it('of theirs ends the connection after 120 s; any message breaks it', () => {
    const bench = new Bench();
    const [dead, alive] = [bench.connect(), bench.connect()];
    bench.pass(60);
    bench.receive(alive, { type: 'keep-alive' });
    bench.pass(59);
    expect(bench.take('disconnect')).toEqual([]);
    bench.pass(1);
    expect(bench.take('disconnect')).toMatchObject([{ peer: dead.key, error: { code: 'ERR_PEER_TIMEOUT' } }]);
  });

  it('asks for no time when there is nobody', () => {
    const bench = new Bench();
    expect(bench.core.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
    const peer = bench.connect();
    bench.pass(1);
    expect(bench.core.nextTimeout()).toBe(2000);
    bench.core.removePeer(peer.key, bench.nowMs);
    expect(bench.core.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
  });
});
