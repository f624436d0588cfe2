import { describe, expect, it } from 'vitest';
import type { PeerCore } from '../../../../src/engine/swarm/peer-core.js';
import { Bench, said } from './bench.js';

const HAVE = [0, 1, 2, 3];

function interested(bench: Bench): PeerCore {
  const peer = bench.connect();
  bench.receive(peer, { type: 'interested' });
  return peer;
}

const open = (peers: readonly PeerCore[]) => peers.filter(peer => !peer.amChoking).length;

describe('unchoke slots', () => {
  it('go to whoever is interested, without waiting for the review, and one more by luck', () => {
    const bench = new Bench({ have: HAVE, unchokeSlots: 2 });
    expect(bench.connect().amChoking).toBe(true);
    const peers = [0, 1, 2, 3, 4].map(() => interested(bench));
    expect(peers.map(peer => peer.amChoking)).toEqual([false, false, false, true, true]);
    bench.pass(120);
    expect(open(peers)).toBe(3);
  });

  it('go on to the next when a peer leaves or loses interest', () => {
    const bench = new Bench({ have: HAVE, unchokeSlots: 1 });
    const peers = [0, 1, 2, 3].map(() => interested(bench));
    bench.core.removePeer(peers[0].key, 0);
    bench.turn();
    expect(open(peers.slice(1))).toBe(2);
    bench.receive(peers[1], { type: 'not-interested' });
    expect(open(peers.slice(2))).toBe(2);
    expect(peers[1].amChoking).toBe(true);
  });

  it('that went on are not taken back by becoming interested again', () => {
    const bench = new Bench({ have: HAVE, unchokeSlots: 1 });
    const peers = [0, 1, 2].map(() => interested(bench));
    bench.receive(peers[0], { type: 'not-interested' });
    bench.receive(peers[0], { type: 'interested' });
    expect(open(peers)).toBe(2);
    expect(peers[0].amChoking).toBe(true);
  });

  it('that nobody else wants are kept over a moment without interest', () => {
    const bench = new Bench({ have: HAVE, unchokeSlots: 1 });
    const peer = interested(bench);
    said(peer);
    bench.receive(peer, { type: 'not-interested' });
    bench.receive(peer, { type: 'interested' });
    expect(said(peer)).toEqual([]);
    expect(peer.amChoking).toBe(false);
  });

  it('without an end are everybody’s, none are nobody’s', () => {
    const all = new Bench({ have: HAVE, unchokeSlots: Number.POSITIVE_INFINITY });
    const peers = Array.from({ length: 20 }, () => interested(all));
    all.receive(peers[3], { type: 'not-interested' });
    interested(all);
    all.pass(30);
    expect(open(peers)).toBe(20);
    const none = new Bench({ have: HAVE, unchokeSlots: 0 });
    const choked = [0, 1].map(() => interested(none));
    none.pass(60);
    expect(open(choked)).toBe(0);
  });
});

describe('the review', () => {
  it('unchokes those who gave most in the last 20 s', () => {
    const bench = new Bench({ have: [0], unchokeSlots: 1, pieceCount: 64 });
    const [slow, quick] = [bench.connectSeed({ fast: false }), bench.connectSeed({ fast: false })];
    const idle = [0, 1].map(() => interested(bench));
    for (const peer of [slow, quick]) bench.receive(peer, { type: 'interested' });
    let quickSeconds = 0;
    for (let second = 0; second < 60; second++) {
      const serve = (peer: PeerCore, blocks: number) => {
        for (const { ref } of [...peer.outstanding.values()].slice(0, blocks))
          if (peer.outstanding.size > 0) bench.block(peer, ref.piece, ref.begin, ref.length);
      };
      serve(quick, 2);
      if (second % 5 === 0) serve(slow, 1);
      for (const { piece } of bench.take('verify')) bench.verified(piece);
      bench.pass(1);
      if (second >= 10 && !quick.amChoking) quickSeconds++;
    }
    expect(quickSeconds).toBe(50);
    expect(open([slow, quick, ...idle])).toBe(2);
  });
});

describe('anti-snubbing', () => {
  /** Four equal peers and one slot by right: who of them was never choked from second 20 to 55, and from 75 to 240? */
  function holders(active: boolean) {
    const bench = new Bench({ have: HAVE, unchokeSlots: 1 });
    bench.core.setActive(active);
    const peers = [0, 1, 2, 3].map(() => bench.connectSeed());
    for (const peer of peers) bench.receive(peer, { type: 'interested' });
    const early = new Set(peers);
    const late = new Set(peers);
    for (let second = 1; second < 240; second++) {
      bench.pass(1);
      for (const peer of peers) {
        bench.receive(peer, { type: 'keep-alive' });
        if (peer.amChoking && second >= 20 && second < 55) early.delete(peer);
        if (peer.amChoking && second >= 75) late.delete(peer);
      }
    }
    return [early.size, late.size];
  }

  it('takes the right to a slot from peers that owe us a block for a minute', () => {
    expect(holders(true)).toEqual([1, 0]);
  });

  it('does not hold against a peer what we do not ask of it', () => {
    expect(holders(false)).toEqual([1, 1]);
  });
});
