import { describe, expect, it } from 'vitest';
import { decodeExtendedHandshake } from '../../../../src/engine/protocol/peer/extended.js';
import type { PeerCore } from '../../../../src/engine/swarm/peer-core.js';
import { Bench, type BenchOptions, BLOCK, said } from './bench.js';

const ALL = [0, 1, 2, 3, 4, 5, 6, 7];

const seedOf = (options: BenchOptions = {}) =>
  new Bench({ have: ALL, superSeeding: true, slotGrowth: 'turns', ...options });

function haves(peer: PeerCore): number[] {
  return said(peer)
    .filter(text => text.startsWith('have '))
    .map(text => Number(text.slice(5)));
}

/** Two that lack everything and want it; what they were told so far is returned. */
function pair(bench: Bench): [PeerCore, PeerCore, number[], number[]] {
  const join = () => {
    const peer = bench.connect();
    bench.receive(peer, { type: 'have-none' }, { type: 'interested' });
    return peer;
  };
  const peers = [join(), join()] as const;
  return [...peers, haves(peers[0]), haves(peers[1])];
}

describe('super-seeding', () => {
  it('shows nothing, then pieces that are each peer’s own', () => {
    const bench = seedOf({ allowedFastSet: () => [2, 5] });
    const peer = bench.connect();
    expect(said(peer)).toEqual(['have-none', 'have 0']);
    bench.receive(peer, { type: 'have-none' }, { type: 'interested' });
    expect(said(peer)).toEqual(['unchoke', 'have 1']);
    const other = bench.connect({ fast: false });
    bench.receive(other, { type: 'interested' });
    expect(said(other)).toEqual(['have 2', 'unchoke', 'have 3']);
  });

  it('is not given away by a greeting that comes later', () => {
    const bench = seedOf();
    const peer = bench.connect({ extended: true });
    bench.connect();
    const told = () =>
      peer.outbox.splice(0).flatMap(message => {
        const isGreeting = message.type === 'extended' && message.id === 0;
        return isGreeting ? [decodeExtendedHandshake(message.payload).uploadOnly] : [];
      });
    expect(told()).toEqual([false]);
    bench.core.greetAgain();
    expect(told()).toEqual([false]);
  });

  it('tells of another piece when one has been sent', () => {
    const bench = seedOf();
    const [a, , told] = pair(bench);
    expect(told).toEqual([0, 1]);
    bench.receive(a, { type: 'request', piece: 0, begin: 0, length: 4 * BLOCK });
    bench.core.uploads.sent(a, 0);
    expect(haves(a)).toEqual([4]);
  });

  it('tells everybody all when every piece is at a neighbour', () => {
    const bench = seedOf();
    const [a, b] = pair(bench);
    for (const piece of [0, 1, 4, 5]) bench.core.uploads.onSent(a, piece, 4 * BLOCK, 0);
    for (const piece of [2, 3, 6, 7]) bench.core.uploads.onSent(b, piece, 4 * BLOCK, 0);
    expect(haves(a)).toEqual([4, 5, 6, 7]); // one for each that was sent
    said(b);
    bench.receive(a, ...[0, 1, 4, 5].map(piece => ({ type: 'have', piece }) as const));
    expect(haves(a)).toEqual([]);
    bench.receive(b, ...[2, 3, 6, 7].map(piece => ({ type: 'have', piece }) as const));
    expect(haves(a)).toEqual([2, 3]);
    expect(haves(b)).toEqual([0, 1, 4, 5]);
    expect(said(bench.connect())).toEqual(['have-all']);
  });

  it('by itself hides nothing from the first peer, and tells others of nothing that it asks for', () => {
    const bench = seedOf({ superSeeding: 'auto' });
    const first = bench.connect();
    expect(said(first)).toEqual(['have-all']);
    bench.receive(first, { type: 'have-none' }, { type: 'interested' });
    bench.receive(first, { type: 'request', piece: 0, begin: 0, length: BLOCK });
    const second = bench.connect();
    expect(said(second)).toEqual(['have-none', 'have 1']);
    bench.core.removePeer(first.key, 0);
    bench.pass(1);
    expect(haves(second)).toEqual([0, 2, 3, 4, 5, 6, 7]); // now it is the only one
  });

  it('by itself does not begin when another has everything, nor for ten minutes after', () => {
    const bench = seedOf({ superSeeding: 'auto' });
    bench.connect();
    const [a] = pair(bench);
    const seed = bench.connect();
    bench.receive(seed, { type: 'have-all' });
    expect(bench.take('disconnect').map(action => action.error.code)).toEqual(['ERR_PEER_REDUNDANT']);
    expect(haves(a)).toEqual([2, 3, 4, 5, 6, 7]);
    bench.core.removePeer(seed.key, bench.nowMs);
    expect(said(bench.connect())).toEqual(['have-all']);
    bench.nowMs = 11 * 60_000;
    expect(said(bench.connect())[0]).toBe('have-none');
  });

  it('by itself ends when pieces come from elsewhere', () => {
    const bench = seedOf({ superSeeding: 'auto' });
    bench.connect();
    const [a, b] = pair(bench);
    bench.receive(b, ...[4, 5, 6].map(piece => ({ type: 'have', piece }) as const));
    expect(haves(a)).toEqual([]);
    bench.receive(b, { type: 'have', piece: 7 });
    expect(haves(a)).toEqual([2, 3, 4, 5, 6, 7]);
  });

  it('does all of that not when it is to super-seed in any case', () => {
    const bench = seedOf();
    const [a, b] = pair(bench);
    bench.receive(b, ...[4, 5, 6, 7].map(piece => ({ type: 'have', piece }) as const));
    bench.core.removePeer(b.key, 0);
    bench.pass(2);
    expect(haves(a)).toEqual([]);
  });

  it('tells a peer all that wants nothing of what it was told of', () => {
    const bench = seedOf();
    const [a] = pair(bench);
    bench.receive(a, { type: 'not-interested' });
    said(a);
    bench.pass(4);
    expect(haves(a)).toEqual([]);
    bench.pass(3);
    expect(haves(a).length).toBeGreaterThan(2);
  });

  it('is off where it is not wanted, and for who lacks a piece', () => {
    expect(said(seedOf({ superSeeding: false }).connect())).toEqual(['have-all']);
    expect(said(seedOf({ have: [0, 1], superSeeding: true }).connect())).toEqual(['bitfield']);
  });
});
