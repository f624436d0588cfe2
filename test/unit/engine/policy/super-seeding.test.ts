import { describe, expect, it } from 'vitest';
import { CONFIRM_MS, SuperSeeding } from '../../../../src/engine/policy/super-seeding.js';

const PIECE = 100;

/** Neighbours as numbers, their pieces as sets. */
class World {
  readonly pieces = new Map<number, Set<number>>();
  readonly rates = new Map<number, number>();
  readonly choked = new Set<number>();
  readonly policy: SuperSeeding;
  nowMs = 0;

  constructor(pieceCount: number) {
    this.policy = new SuperSeeding({
      pieceCount,
      pieceBytes: () => PIECE,
      holders: piece => [...this.pieces.values()].filter(pieces => pieces.has(piece)).length,
      has: (peer, piece) => this.pieces.get(peer)!.has(piece),
      served: peer => !this.choked.has(peer),
      rate: peer => this.rates.get(peer) ?? 0,
    });
  }

  join(...peers: number[]): void {
    for (const peer of peers) {
      this.pieces.set(peer, new Set());
      this.policy.join(peer);
    }
  }

  leave(peer: number): void {
    this.pieces.delete(peer);
    this.policy.leave(peer);
  }

  send(peer: number, piece: number, bytes = PIECE): boolean {
    return this.policy.sent(peer, piece, bytes, this.nowMs);
  }

  have(peer: number, piece: number): number | undefined {
    this.pieces.get(peer)!.add(piece);
    return this.policy.seen(peer, piece);
  }
}

describe('what a peer is told of', () => {
  it('is two pieces that nobody else is told of, and one more for each that was sent', () => {
    const world = new World(10);
    world.join(1, 2);
    expect(world.policy.next(1)).toEqual([0, 1]);
    expect(world.policy.next(2)).toEqual([2, 3]);
    expect(world.policy.next(1)).toEqual([]);
    expect(world.send(1, 0, 99)).toBe(false);
    expect(world.policy.next(1)).toEqual([]);
    expect(world.send(1, 0, 1)).toBe(true);
    expect(world.policy.next(1)).toEqual([4]);
    expect([0, 1, 2, 4].map(piece => world.policy.isTold(1, piece))).toEqual([true, true, false, true]);
  });

  it('is as much as it is sent in a second', () => {
    const world = new World(10);
    world.join(1);
    world.rates.set(1, 5 * PIECE);
    expect(world.policy.next(1)).toEqual([0, 1, 2, 3, 4]);
  });

  it('is one piece while it is choked', () => {
    const world = new World(10);
    world.join(1);
    world.choked.add(1);
    expect(world.policy.next(1)).toEqual([0]);
    world.choked.clear();
    expect(world.policy.next(1)).toEqual([1]);
  });

  it('is nothing that a neighbour has already', () => {
    const world = new World(4);
    world.join(1, 2);
    world.have(2, 1);
    expect(world.policy.next(1)).toEqual([0, 2]);
  });
});

describe('a piece that does not get out', () => {
  it('is told to another when its peer leaves, sent or not', () => {
    const world = new World(4);
    world.join(1, 2, 3);
    world.policy.next(1);
    world.policy.next(2);
    world.send(1, 0);
    world.leave(1);
    expect(world.policy.next(3)).toEqual([0, 1]);
  });

  it('is told to another when the only peer that had it leaves', () => {
    const world = new World(2);
    world.join(1, 2);
    world.policy.next(1);
    for (const piece of [0, 1]) {
      world.send(1, piece);
      world.have(1, piece);
    }
    expect(world.policy.done).toBe(true);
    world.leave(1);
    expect(world.policy.done).toBe(false);
    expect(world.policy.next(2)).toEqual([0, 1]);
  });

  it('is told to another when it was sent and nobody says to have it', () => {
    const world = new World(4);
    world.join(1, 2);
    world.policy.next(1);
    world.policy.next(2);
    world.send(1, 0);
    world.send(2, 2);
    world.policy.expire(CONFIRM_MS - 1);
    expect(world.policy.next(2)).toEqual([]);
    world.policy.expire(CONFIRM_MS);
    expect(world.policy.next(2)).toEqual([0]);
  });

  it('is told to another when its peer gives it up, but not to that one again', () => {
    const world = new World(4);
    world.join(1, 2);
    world.policy.next(1);
    world.policy.giveUp(1);
    expect(world.policy.next(1)).toEqual([2, 3]);
    expect(world.policy.next(2)).toEqual([0, 1]);
  });

  it('is told to one that has nothing to do and would have it much sooner', () => {
    const world = new World(4);
    world.join(1, 2);
    world.rates.set(1, 10).set(2, 1000);
    world.policy.next(1);
    world.policy.next(2);
    expect(world.policy.next(2)).toEqual([]); // it has two of its own to fetch
    for (const piece of [2, 3]) world.send(2, piece);
    expect(world.policy.next(2)).toEqual([0]); // one at a time: the other may come yet
    world.send(2, 0);
    expect(world.policy.next(2)).toEqual([1]);
  });

  it('stays with a peer that is sent it as soon as the other would be', () => {
    const world = new World(4);
    world.join(1, 2);
    world.rates.set(1, 100).set(2, 200);
    world.policy.next(1);
    world.policy.next(2);
    for (const piece of [2, 3]) world.send(2, piece);
    expect(world.policy.next(2)).toEqual([]);
  });
});

describe('a piece that another got first', () => {
  it('need not be fetched, unless some of it was sent', () => {
    const world = new World(8);
    world.join(1, 2);
    world.policy.next(1);
    world.send(1, 1, 50);
    expect(world.have(2, 0)).toBe(1);
    expect(world.have(2, 1)).toBeUndefined();
    expect(world.policy.next(1)).toEqual([2]);
  });

  it('tells of another source when it was not sent to anybody', () => {
    const world = new World(8);
    world.join(1, 2);
    world.policy.next(1);
    world.send(1, 0);
    world.have(1, 0);
    world.have(2, 0);
    expect(world.policy.foreign).toBe(0);
    world.have(2, 7);
    world.have(1, 7);
    expect(world.policy.foreign).toBe(1);
  });
});

it('is done when every piece is at a neighbour', () => {
  const world = new World(3);
  world.join(1, 2);
  expect(world.policy.done).toBe(false);
  world.have(1, 0);
  world.have(2, 0);
  world.have(2, 1);
  expect(world.policy.done).toBe(false);
  world.have(1, 2);
  expect(world.policy.done).toBe(true);
});
