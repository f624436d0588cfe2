import { describe, expect, it } from 'vitest';
import { encodeDontHave } from '../../../../src/engine/protocol/peer/extended.js';
import { asked, Bench, BLOCK, said, sent } from './bench.js';

const ALL = [0, 1, 2, 3, 4, 5, 6, 7];

describe('what a new peer is told', () => {
  it.each([
    { have: [], fast: true, told: ['have-none'] },
    { have: [], fast: false, told: [] },
    { have: [1, 2], fast: true, told: ['bitfield'] },
    { have: [1, 2], fast: false, told: ['bitfield'] },
    { have: ALL, fast: true, told: ['have-all'] },
    { have: ALL, fast: false, told: ['bitfield'] },
  ])('with $have and fast $fast', ({ have, fast, told }) => {
    expect(said(new Bench({ have }).connect({ fast }))).toEqual(told);
  });

  it('is the pieces as they are then', () => {
    const bench = new Bench({ have: [0, 7] });
    const peer = bench.connect();
    bench.core.markHave(3);
    expect(sent(peer)).toEqual([{ type: 'bitfield', bits: Uint8Array.of(0b1000_0001) }]);
  });

  it('starts with the extension handshake where both speak it', () => {
    expect(said(new Bench().connect({ extended: true }))).toEqual(['extended', 'have-none']);
  });

  it('contains the allowed-fast set, which is served although the peer is choked', () => {
    const bench = new Bench({ have: ALL, unchokeSlots: 0, allowedFastSet: () => [2, 5] });
    const peer = bench.connect();
    expect(said(peer)).toEqual(['have-all', 'allowed-fast 2', 'allowed-fast 5']);
    bench.receive(peer, { type: 'request', piece: 2, begin: 0, length: 5 });
    bench.receive(peer, { type: 'request', piece: 3, begin: 0, length: 5 });
    expect(peer.uploads).toEqual([{ piece: 2, begin: 0, length: 5 }]);
    expect(said(peer)).toEqual(['reject 3,0']);
  });
});

describe('what a peer has', () => {
  it('is said once: have-none after haves is an error, fast messages without the extension too', () => {
    const bench = new Bench();
    const peer = bench.connect();
    bench.receive(peer, { type: 'have', piece: 1 });
    expect(() => bench.receive(peer, { type: 'have-none' })).toThrow(/first message/);
    const plain = bench.connect({ fast: false });
    for (const type of ['have-all', 'have-none'] as const)
      expect(() => bench.receive(plain, { type })).toThrow(
        expect.objectContaining({ code: 'ERR_WIRE_MESSAGE' }),
      );
  });

  it('does not grow by a have that is said twice', () => {
    const bench = new Bench();
    const peer = bench.connect();
    bench.receive(peer, { type: 'have', piece: 1 }, { type: 'have', piece: 1 });
    expect(peer.haveCount).toBe(1);
    expect(bench.core.picker.availability(1)).toBe(1);
  });

  it('may be said late in a bitfield', () => {
    const bench = new Bench();
    const peer = bench.connect({ fast: false });
    bench.receive(peer, { type: 'have', piece: 1 }, bench.bitfield([1, 2]));
    expect(peer.haveCount).toBe(2);
    expect([0, 1, 2].map(piece => bench.core.picker.availability(piece))).toEqual([0, 1, 1]);
  });

  it('makes it a seed with the last have, and none after lt_donthave', () => {
    const bench = new Bench({ have: [0] });
    const peer = bench.connect({ extended: true });
    for (const piece of ALL) bench.receive(peer, { type: 'have', piece });
    expect(peer.seed).toBe(true);
    bench.receive(peer, { type: 'extended', id: 1, payload: encodeDontHave(6) });
    expect(peer).toMatchObject({ seed: false, haveCount: 7 });
    expect([5, 6].map(piece => bench.core.picker.availability(piece))).toEqual([1, 0]);
    bench.receive(peer, { type: 'extended', id: 1, payload: encodeDontHave(6) }); // once more changes nothing
    expect(peer.haveCount).toBe(7);
    bench.receive(peer, { type: 'have', piece: 6 });
    expect(peer.seed).toBe(true);
    bench.core.removePeer(peer.key, 0);
    expect(ALL.map(piece => bench.core.picker.availability(piece))).toEqual(ALL.map(() => 0));
  });

  it('counts as a neighbour before it has said anything', () => {
    // Five that come and go with nothing must not make the picker believe in fewer neighbours than there are: it
    // would find one started piece too many and finish it before a piece of higher priority.
    const bench = new Bench({ blocks: 8 });
    for (let i = 0; i < 5; i++) {
      const empty = bench.connect();
      bench.receive(empty, { type: 'have-none' });
      bench.core.removePeer(empty.key, 0);
    }
    const first = bench.connectSeed();
    const [started] = asked(first)[0].split(',').map(Number);
    const high = (started + 1) % 8;
    bench.core.setPriority(high, high + 1, 3);
    const second = bench.connectSeed();
    expect(asked(second)[0]).toBe(`${high},0`);
  });
});

it('a peer counts once as a neighbour: a second started piece is one too many for a single seed', () => {
  const bench = new Bench({ blocks: 64, budgetPieces: 8 }); // so large that no peer is fast enough to own one
  const peer = bench.connectSeed();
  const first = Number(asked(peer)[0].split(',')[0]);
  const [second, third] = [(first + 1) % 8, (first + 2) % 8];
  bench.setPriorities([second, second + 1, 3]);
  bench.block(peer, first, 0);
  expect(asked(peer)).toContain(`${second},0`);
  bench.setPriorities([second, second + 1, 2], [third, third + 1, 3]);
  bench.block(peer, first, BLOCK);
  expect(asked(peer).filter(text => text.startsWith(`${third},`))).toEqual([]);
});

describe('interest', () => {
  it('is told with the first piece that is wanted and taken back with the last', () => {
    const bench = new Bench({ have: [0] });
    const peer = bench.connect();
    sent(peer);
    bench.receive(peer, { type: 'have', piece: 0 });
    expect(said(peer)).toEqual([]);
    bench.receive(peer, { type: 'have', piece: 1 }, { type: 'have', piece: 2 });
    expect(said(peer)).toEqual(['interested']);
    bench.core.setPriority(1, 2, 0);
    expect(said(peer)).toEqual([]);
    bench.core.setPriority(2, 3, 0);
    expect(said(peer)).toEqual(['not-interested']);
    bench.core.setPriority(2, 3, 1);
    expect(said(peer)).toEqual(['interested']);
  });

  it('ends when the peer loses the piece', () => {
    const bench = new Bench();
    const peer = bench.connect({ extended: true });
    bench.receive(peer, { type: 'have', piece: 4 });
    bench.receive(peer, { type: 'extended', id: 1, payload: encodeDontHave(4) });
    expect(peer.amInterested).toBe(false);
  });

  it('ends when the piece is here, for everybody who has it', () => {
    const bench = new Bench({ pieceCount: 1, length: 4 * 16384 });
    const peers = [bench.connectSeed(), bench.connect()];
    bench.receive(peers[1], { type: 'have-none' });
    expect(bench.serve(peers[0])).toEqual([0]);
    peers.forEach(sent);
    bench.verified(0);
    expect(said(peers[0])).toEqual(['not-interested']); // a seed needs no have
    expect(said(peers[1])).toEqual(['have 0']);
  });
});

describe('choked by a peer', () => {
  it('without the Fast Extension all requests are gone, and blocks under way are taken for unasked', () => {
    const bench = new Bench();
    const peer = bench.connectSeed({ fast: false });
    const [first] = peer.outstanding.values();
    expect(asked(peer)).toHaveLength(4);
    bench.receive(peer, { type: 'choke' });
    expect(asked(peer)).toEqual([]);
    expect(bench.block(peer, first.ref.piece, first.ref.begin)).toBe(-1);
    expect(peer.unaskedBlocks).toBe(1);
    sent(peer);
    bench.receive(peer, { type: 'unchoke' });
    expect(asked(peer)).toContain(`${first.ref.piece},${first.ref.block}`);
  });

  it('with it each request stands until it is answered', () => {
    const bench = new Bench();
    const peer = bench.connectSeed();
    const [first, second] = [...peer.outstanding.values()].map(({ ref }) => ref);
    bench.receive(peer, { type: 'choke' });
    expect(asked(peer)).toHaveLength(4);
    expect(bench.block(peer, first.piece, first.begin)).toBeGreaterThanOrEqual(0);
    bench.receive(peer, { type: 'reject', ...second });
    expect(asked(peer)).toHaveLength(2);
    expect(said(peer).filter(text => text.startsWith('request'))).toHaveLength(4); // nothing new while it chokes us
  });

  it('what it allows is asked for', () => {
    const bench = new Bench();
    const peer = bench.connect();
    bench.receive(peer, { type: 'have-all' });
    expect(asked(peer)).toEqual([]);
    bench.receive(peer, { type: 'allowed-fast', piece: 6 });
    expect(asked(peer)).toEqual(['6,0', '6,1', '6,2', '6,3']);
    bench.receive(peer, { type: 'reject', piece: 6, begin: 0, length: 16384 });
    expect(peer.allowedIn.size).toBe(0);
  });
});

describe('when nothing more is wanted', () => {
  const finish = (bench: Bench, ...peers: Parameters<Bench['serve']>[0][]) => {
    for (const piece of bench.serve(peers[0])) bench.verified(piece);
  };

  it('says so once, and again when more was wanted later', () => {
    const bench = new Bench({ have: [0, 1, 2, 3, 4, 5] });
    bench.core.setPriority(7, 8, 0);
    const peer = bench.connectSeed();
    finish(bench, peer);
    expect(bench.take('complete')).toHaveLength(1);
    bench.core.setPriority(7, 8, 2);
    bench.turn();
    finish(bench, peer);
    expect(bench.take('complete')).toHaveLength(1);
  });

  it('says nothing when nothing is wanted only between two wishes of one turn', () => {
    const bench = new Bench();
    const seed = bench.connectSeed({ extended: true });
    const [{ ref }] = seed.outstanding.values();
    bench.block(seed, ref.piece, ref.begin);
    sent(seed);
    bench.setPriorities([0, 8, 0], [0, 8, 1]);
    expect(bench.take('complete')).toEqual([]);
    expect(said(seed).filter(text => text === 'extended')).toEqual([]);
    expect(bench.core.picker.isFinished(ref.piece, ref.block)).toBe(true);
  });

  it('tells peers in a new extension handshake, and takes it back when more is wanted', () => {
    const bench = new Bench({ have: [0, 1, 2, 3, 4, 5, 6] });
    const peer = bench.connect({ extended: true });
    const uploadOnly = () =>
      sent(peer).flatMap(message =>
        message.type === 'extended'
          ? [String.fromCharCode(...message.payload).includes('upload_onlyi1e')]
          : [],
      );
    expect(uploadOnly()).toEqual([false]);
    bench.setPriorities([7, 8, 0]);
    expect(uploadOnly()).toEqual([true]);
    bench.setPriorities([7, 8, 2]);
    expect(uploadOnly()).toEqual([false]);
    bench.setPriorities([6, 7, 0]); // nothing changes by this
    expect(uploadOnly()).toEqual([]);
  });

  it('parts from seeds and from peers that want nothing either', () => {
    const bench = new Bench({ have: ALL });
    const gone = () => bench.take('disconnect').map(({ peer, error }) => [peer, error.code]);
    const seed = bench.connect();
    bench.receive(seed, { type: 'have-all' });
    expect(gone()).toEqual([[seed.key, 'ERR_PEER_REDUNDANT']]);
    const slow = bench.connect();
    bench.receive(slow, { type: 'have-none' });
    for (const piece of ALL.slice(1)) bench.receive(slow, { type: 'have', piece });
    expect(gone()).toEqual([]);
    bench.receive(slow, { type: 'have', piece: 0 });
    expect(gone()).toEqual([[slow.key, 'ERR_PEER_REDUNDANT']]);
    const partial = bench.connect({ extended: true });
    bench.receive(partial, bench.bitfield([3]));
    bench.greet(partial, { uploadOnly: false });
    expect(gone()).toEqual([]);
    bench.greet(partial, { uploadOnly: true });
    expect(gone()).toEqual([[partial.key, 'ERR_PEER_REDUNDANT']]);
  });

  it('parts from the seed that sent the last piece', () => {
    const bench = new Bench({ have: ALL.slice(1) });
    const seed = bench.connectSeed();
    expect(bench.take('disconnect')).toEqual([]);
    finish(bench, seed);
    expect(bench.take('disconnect')).toMatchObject([{ peer: seed.key }]);
  });
});

it('does its work at the very time that it named, also where sums of fractions are not exact', () => {
  const inexact = Array.from({ length: 1000 }, (_, i) => i * 7.1).filter(t => t + 1000 - t < 1000);
  expect(inexact).not.toEqual([]);
  for (const startMs of inexact) {
    const bench = new Bench();
    bench.connect();
    bench.core.handleTimeout(startMs);
    const dueMs = bench.core.nextTimeout();
    bench.core.handleTimeout(dueMs);
    expect(bench.core.nextTimeout()).toBeGreaterThan(dueMs);
  }
});

it('gives all memory back', () => {
  const bench = new Bench({ have: [1] });
  const { heap, slots } = bench.machine;
  const [a, b] = [bench.connectSeed(), bench.connectSeed()];
  bench.block(a, a.outstanding.values().next().value!.ref.piece, 0);
  bench.core.setPriority(2, 4, 1);
  const hashing = bench.serve(b, 6);
  expect(slots.usedBytes).toBeGreaterThan(0);
  bench.core.dispose();
  expect(heap.usedBytes).toBe(0);
  expect(slots.usedBytes).toBe(hashing.length * 4 * 16384); // these belong to whoever hashes them
});
