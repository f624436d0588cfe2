import { describe, expect, it } from 'vitest';
import { randomIdSharing } from '../../../../src/engine/dht/distance.js';
import { ALPHA, Lookup, type LookupPurpose } from '../../../../src/engine/dht/lookup.js';
import type { DhtLookupResult } from '../../../../src/engine/dht/node-types.js';
import type { Ask } from '../../../../src/engine/dht/queries.js';
import type { Candidate } from '../../../../src/engine/dht/shortlist.js';
import type { Waiter } from '../../../../src/engine/dht/transactions.js';
import { createRng } from '../../../../src/engine/policy/rng.js';
import type { DhtAnswer, DhtContact, DhtQuery } from '../../../../src/engine/protocol/dht/messages.js';

const target = new Uint8Array(20);
const query: DhtQuery = { method: 'find_node', target };

function node(bits: number, i: number): DhtContact {
  return { id: randomIdSharing(target, bits, createRng(i + 1)), host: `20.${bits}.${i}.1`, port: 6881 };
}

/** A lookup whose questions the test answers. */
class Play {
  readonly asked: { to: DhtContact; query: DhtQuery; waiter: Waiter }[] = [];
  readonly results: DhtLookupResult[] = [];
  closest: readonly Candidate[] = [];
  readonly lookup: Lookup;

  constructor(seeds: DhtContact[], purpose: Partial<LookupPurpose> = {}, sends: () => boolean = () => true) {
    const ask: Ask = (_, contact, query, waiter) => {
      if (!sends()) return false;
      this.asked.push({ to: contact!, query, waiter });
      return true;
    };
    const ownId = new Uint8Array(20).fill(0xff);
    this.lookup = new Lookup(
      { target, ownId, density: 5, fits: () => true, family: 4, seeds, ask },
      {
        query,
        done: (result, closest) => {
          this.results.push(result);
          this.closest = closest;
        },
        ...purpose,
      },
      0,
    );
    this.lookup.advance(0);
  }

  /** The oldest question gets its answer. */
  answer(nodes: DhtContact[] = [], more: DhtAnswer = {}): DhtContact {
    const { to, waiter } = this.asked.shift()!;
    waiter.answered({ type: 'response', transaction: target, id: to.id, answer: { nodes, ...more } }, 10);
    return to;
  }

  slow(): Waiter {
    const { waiter } = this.asked.shift()!;
    waiter.slow!(1000);
    return waiter;
  }
}

describe('Lookup', () => {
  it('asks the closest, four at a time, and ends when the 8 closest have answered', () => {
    const seeds = Array.from({ length: 12 }, (_, i) => node(i, i));
    const play = new Play(seeds);
    expect(play.asked.map(({ to }) => to.host)).toEqual(
      seeds
        .slice(-ALPHA)
        .reverse()
        .map(({ host }) => host),
    );
    for (let answers = 0; answers < 8; answers++) {
      expect(play.results).toEqual([]);
      expect(play.asked.length).toBeLessThanOrEqual(ALPHA);
      play.answer();
    }
    expect(play.asked).toEqual([]);
    expect(play.results).toMatchObject([{ hops: 1, queries: 8, answers: 8, elapsedMs: 10 }]);
    expect(play.results[0].closest).toEqual(seeds.slice(-8).reverse());
  });

  it('follows what it is told, nearer and nearer', () => {
    const play = new Play([node(0, 0)]);
    for (let bits = 1; bits < 6; bits++) expect(play.answer([node(bits, 0)]).host).toBe(`20.${bits - 1}.0.1`);
    play.answer();
    expect(play.results).toMatchObject([{ hops: 6, answers: 6 }]);
  });

  it('asks somebody else when a node is slow, and takes its answer all the same', () => {
    const play = new Play(Array.from({ length: 6 }, (_, i) => node(i, i)));
    const waiter = play.slow();
    expect(play.asked).toHaveLength(ALPHA);
    const { id } = node(5, 5);
    waiter.answered({ type: 'response', transaction: target, id, answer: {} }, 1500);
    for (let i = 0; i < 5; i++) play.answer();
    expect(play.results).toMatchObject([{ queries: 6, answers: 6 }]);
  });

  it('asks who was silent once more, and looks behind meanwhile', () => {
    const play = new Play([node(3, 0), node(2, 1)]);
    play.slow();
    play.answer();
    const asked = play.asked.map(({ to, query }) => [
      to.host,
      query.method === 'find_node' && query.target[0],
    ]);
    expect(asked).toEqual([
      ['20.2.1.1', 0x20],
      ['20.2.1.1', 0x40],
      ['20.2.1.1', 0x80],
      ['20.3.0.1', 0],
    ]);
    play.answer([node(1, 7)]);
    play.answer();
    play.answer();
    play.slow();
    expect(play.answer().host).toBe('20.1.7.1');
    expect(play.results).toMatchObject([{ queries: 7, answers: 2 }]);
    expect(play.results[0].closest.map(({ host }) => host)).toEqual(['20.2.1.1', '20.1.7.1']);
  });

  it('asks all who were silent once more at a time', () => {
    const seeds = Array.from({ length: 10 }, (_, i) => node(10 - i, i));
    const play = new Play(seeds);
    for (let i = 0; i < ALPHA - 1; i++) play.slow();
    for (let i = 0; i < 10 - (ALPHA - 1); i++) play.answer();
    const again = play.asked.filter(({ query }) => query.method === 'find_node' && query.target === target);
    expect(again.map(({ to }) => to.host)).toEqual(seeds.slice(0, ALPHA - 1).map(({ host }) => host));
  });

  it('drops a node that answers by another id', () => {
    const play = new Play([node(3, 0), node(2, 1)]);
    const { waiter } = play.asked.shift()!;
    const answer = { nodes: [node(8, 9)] };
    waiter.answered({ type: 'response', transaction: target, id: new Uint8Array(20).fill(3), answer }, 10);
    play.answer();
    expect(play.results[0].closest.map(({ host }) => host)).toEqual(['20.2.1.1']);
    expect(play.results[0].answers).toBe(1);
  });

  it('asks few of those that only a liar told of', () => {
    const play = new Play([node(0, 0), node(0, 1)]);
    play.answer(Array.from({ length: 16 }, (_, i) => node(12, i)));
    let asked = 0;
    while (play.results.length === 0 && asked < 500) {
      const { to, waiter } = play.asked.shift()!;
      asked++;
      if (to.host.startsWith('20.0.')) {
        const { id } = to;
        waiter.answered({ type: 'response', transaction: target, id, answer: {} }, 10);
      } else waiter.slow!(1000);
    }
    expect(play.results[0].closest).toHaveLength(2);
    expect(asked).toBeLessThan(40);
  });

  it('ends, however many nodes are invented', () => {
    const play = new Play([node(0, 0)]);
    for (let i = 0; play.results.length === 0; i++) {
      expect(i).toBeLessThan(1000);
      play.answer(Array.from({ length: 16 }, (_, at) => node(Math.min(150, i), (i * 16 + at) & 0xffff)));
    }
    expect(play.results[0].queries).toBeLessThanOrEqual(200);
  });

  it('ends when its purpose is fulfilled, and does nothing after', () => {
    const play = new Play(
      Array.from({ length: 8 }, (_, i) => node(i, i)),
      { answered: () => true },
    );
    play.answer();
    expect(play.results).toHaveLength(1);
    const asked = play.asked.length;
    while (play.asked.length > 0) play.answer([node(20, 1)]);
    expect(asked).toBe(ALPHA - 1);
    expect(play.results).toHaveLength(1);
  });

  it('keeps the tokens of those that answered', () => {
    const play = new Play([node(3, 0)]);
    play.answer([], { token: Uint8Array.of(1, 2) });
    expect(play.closest.map(({ token }) => token)).toEqual([Uint8Array.of(1, 2)]);
  });

  it('ends when nothing can be sent', () => {
    const play = new Play([node(3, 0), node(2, 0)], {}, () => false);
    expect(play.results).toMatchObject([{ closest: [], answers: 0 }]);
  });

  it('says nothing once it is cancelled', () => {
    const play = new Play([node(3, 0), node(2, 0)]);
    play.lookup.cancel();
    play.answer();
    play.slow();
    expect(play.results).toEqual([]);
  });
});
