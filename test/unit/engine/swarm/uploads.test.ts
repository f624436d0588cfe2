import { describe, expect, it } from 'vitest';
import type { PeerInfo } from '../../../../src/engine/swarm/peer-core.js';
import { Bench, BLOCK, said } from './bench.js';

/** We have all but piece 7; the peer is interested and unchoked. */
function serving(info: Partial<PeerInfo> = {}, options = {}) {
  const bench = new Bench({ have: [0, 1, 2, 3, 4, 5, 6], ...options });
  const peer = bench.connect(info);
  bench.receive(peer, { type: 'interested' });
  said(peer);
  bench.actions.length = 0;
  return {
    bench,
    peer,
    ask: (piece: number, begin = 0, length = BLOCK) =>
      bench.receive(peer, { type: 'request', piece, begin, length }),
  };
}

describe('a request', () => {
  it('waits in the order of arrival, and its piece is read ahead', () => {
    const { bench, peer, ask } = serving();
    expect(peer.amChoking).toBe(false);
    ask(3);
    ask(1, BLOCK, 100);
    expect(peer.uploads.map(range => range.piece)).toEqual([3, 1]);
    expect(bench.take('prefetch').map(action => action.piece)).toEqual([3, 1]);
    bench.core.uploads.sent(peer, 0);
    expect(peer.uploads.map(range => range.piece)).toEqual([1]);
    expect(peer.up.total).toBe(BLOCK);
  });

  it.each([
    ['is empty', 0, 0, 0],
    ['ends behind its piece', 0, 3 * BLOCK, BLOCK + 1],
    ['begins behind its piece', 0, 4 * BLOCK, 1],
    ['is larger than 128 KiB', 0, 0, 131_073],
    ['ends behind the short last piece', 7, 0, 6],
  ])('that %s ends the connection', (_, piece, begin, length) => {
    const { ask } = serving({}, { length: 7 * 16 * BLOCK + 5, blocks: 16 });
    const range =
      piece === 7 ? [piece, begin, length] : [piece, begin === 0 ? 0 : begin + 12 * BLOCK, length];
    expect(() => ask(range[0], range[1], range[2])).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_MESSAGE' }),
    );
  });

  it('of 128 KiB is served', () => {
    const { peer, ask } = serving({}, { blocks: 16 });
    ask(0, 0, 131_072);
    expect(peer.uploads).toHaveLength(1);
  });

  it('for a piece that we lack is rejected, without the Fast Extension passed over', () => {
    for (const fast of [true, false]) {
      const { peer, ask } = serving({ fast });
      ask(7);
      expect(peer.uploads).toEqual([]);
      expect(said(peer)).toEqual(fast ? ['reject 7,0'] : []);
    }
  });

  it('is refused beyond the 2000 that we told of', () => {
    const { peer, ask } = serving();
    for (let i = 0; i < 2000; i++) ask(0);
    expect(said(peer)).toEqual([]);
    ask(0);
    expect(peer.uploads).toHaveLength(2000);
    expect(said(peer)).toEqual(['reject 0,0']);
  });

  it('of a choked peer is rejected', () => {
    const bench = new Bench({ have: [0], unchokeSlots: 0 });
    const peer = bench.connect();
    bench.receive(peer, { type: 'interested' });
    said(peer);
    bench.receive(peer, { type: 'request', piece: 0, begin: 0, length: 1 });
    expect(said(peer)).toEqual(['reject 0,0']);
  });
});

describe('requests of a choked peer for an allowed-fast piece', () => {
  it('are served three times over, and no more; other pieces are not', () => {
    const bench = new Bench({ have: [1, 2], unchokeSlots: 0, allowedFastSet: () => [2] });
    const peer = bench.connect();
    said(peer);
    const ask = (piece: number, block: number) =>
      bench.receive(peer, { type: 'request', piece, begin: block * BLOCK, length: BLOCK });
    for (let i = 0; i < 3 * 4; i++) {
      ask(2, i % 4);
      bench.core.uploads.sent(peer, 0);
    }
    expect(said(peer)).toEqual([]);
    ask(2, 0);
    ask(1, 0);
    expect(said(peer)).toEqual(['reject 2,0', 'reject 1,0']);
    bench.core.uploads.unchoke(peer);
    ask(2, 0);
    expect(peer.uploads).toHaveLength(1);
  });

  it('count only while it is choked', () => {
    const { bench, peer, ask } = serving({}, { allowedFastSet: () => [2] });
    for (let i = 0; i < 100; i++) {
      ask(2, (i % 4) * BLOCK);
      bench.core.uploads.sent(peer, 0);
    }
    bench.core.uploads.choke(peer);
    ask(2);
    expect(said(peer)).toEqual(['choke']);
    expect(peer.uploads).toHaveLength(1);
  });
});

describe('a cancel', () => {
  it('takes the request back and is answered with a reject', () => {
    const { bench, peer, ask } = serving();
    ask(1);
    ask(2);
    bench.receive(peer, { type: 'cancel', piece: 1, begin: 0, length: BLOCK });
    expect(peer.uploads.map(range => range.piece)).toEqual([2]);
    expect(said(peer)).toEqual(['reject 1,0']);
  });

  it('of what is not asked for or sent already is passed over', () => {
    const { bench, peer } = serving();
    bench.receive(peer, { type: 'cancel', piece: 1, begin: 0, length: BLOCK });
    expect(said(peer)).toEqual([]);
  });
});

describe('a choke', () => {
  it('rejects every request that waits', () => {
    const { bench, peer, ask } = serving();
    ask(1);
    ask(2, BLOCK);
    bench.core.uploads.choke(peer);
    expect(said(peer)).toEqual(['choke', 'reject 1,0', 'reject 2,1']);
    expect(peer.uploads).toEqual([]);
  });

  it('drops them in silence without the Fast Extension', () => {
    const { bench, peer, ask } = serving({ fast: false });
    ask(1);
    bench.core.uploads.choke(peer);
    expect(said(peer)).toEqual(['choke']);
    expect(peer.uploads).toEqual([]);
  });

  it('leaves requests for allowed-fast pieces alone', () => {
    const { bench, peer, ask } = serving({}, { allowedFastSet: () => [2] });
    ask(1);
    ask(2);
    bench.core.uploads.choke(peer);
    expect(said(peer)).toEqual(['choke', 'reject 1,0']);
    expect(peer.uploads.map(range => range.piece)).toEqual([2]);
  });

  it('is said once', () => {
    const { bench, peer } = serving();
    bench.core.uploads.choke(peer);
    bench.core.uploads.choke(peer);
    bench.core.uploads.unchoke(peer);
    bench.core.uploads.unchoke(peer);
    expect(said(peer)).toEqual(['choke', 'unchoke']);
  });
});
