import { describe, expect, it } from 'vitest';
import { isMillraceError } from '../../../../src/engine/errors.js';
import {
  type ChokeDecision,
  type ChokePeer,
  Choker,
  type ChokerOptions,
  NEW_PEER_MS,
  SEED_TURN_MS,
} from '../../../../src/engine/policy/choker.js';
import { RANK_KERNEL_MIN, rankTop } from '../../../../src/engine/policy/choker-rank.js';
import { createRng } from '../../../../src/engine/policy/rng.js';
import { BACKENDS } from './kernels-under-test.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const OLD = -1e9;

/** Peers that carry out what the choker decides. */
class Neighbours {
  readonly peers: Mutable<ChokePeer>[];
  readonly choker: Choker;
  nowMs = 0;

  constructor(rates: number[], options: Partial<ChokerOptions> = {}, seed = 1) {
    this.choker = new Choker({ rng: createRng(seed), ...options });
    this.peers = rates.map((rate, i) => ({
      key: i + 1,
      interested: true,
      choked: true,
      downRate: rate,
      upRate: rate,
      snubbed: false,
      connectedAtMs: OLD,
    }));
  }

  review(seeding = false): number[] {
    return this.#apply(this.choker.review(this.peers, this.nowMs, seeding));
  }

  fill(seeding = false): number[] {
    return this.#apply(this.choker.fill(this.peers, this.nowMs, seeding));
  }

  /** Review after review for a time, keeping the clock. */
  run(forMs: number, seeding: boolean, each: (unchoked: number[]) => void): void {
    for (const endMs = this.nowMs + forMs; this.nowMs < endMs; this.nowMs = this.choker.nextTimeout())
      each(this.review(seeding));
  }

  #apply({ unchoke, choke }: ChokeDecision): number[] {
    for (const key of choke) {
      expect(this.peers[key - 1].choked).toBe(false);
      this.peers[key - 1].choked = true;
    }
    for (const key of unchoke) {
      expect(this.peers[key - 1].choked).toBe(true);
      Object.assign(this.peers[key - 1], { choked: false, unchokedAtMs: this.nowMs });
    }
    return this.peers.filter(peer => !peer.choked).map(peer => peer.key);
  }
}

describe('choker', () => {
  it('unchokes the four best and one more', () => {
    const n = new Neighbours([10, 80, 30, 70, 20, 60, 50, 40]);
    const unchoked = n.review();
    expect(unchoked).toHaveLength(5);
    expect(unchoked).toEqual(expect.arrayContaining([2, 4, 6, 7]));
    expect(n.choker.nextTimeout()).toBe(10_000);
  });

  it('does not spend slots on peers that want nothing, and chokes those that stopped wanting', () => {
    const n = new Neighbours([90, 80, 70, 60, 50, 40, 30]);
    for (const peer of n.peers.slice(0, 3)) peer.interested = false;
    expect(n.review()).toEqual([4, 5, 6, 7]);
    n.peers[3].interested = false;
    expect(n.review()).toEqual([5, 6, 7]);
  });

  it('follows the rates at each review, and changes nothing without a reason', () => {
    const n = new Neighbours([9, 8, 7, 6, 0, 0]);
    const before = n.review();
    n.nowMs = 10_000;
    expect(n.review()).toEqual(before);
    n.peers[0].downRate = 0;
    n.peers[4].downRate = 100;
    n.nowMs = 20_000;
    expect(n.review()).toEqual(expect.arrayContaining([2, 3, 4, 5]));
  });

  it('equal rates keep their slots', () => {
    const n = new Neighbours(Array(20).fill(5), { optimisticMs: 1e12 });
    const before = n.review();
    for (let i = 0; i < 5; i++) expect(n.review()).toEqual(before);
  });

  it('moves the optimistic unchoke every 30 s to one that waits', () => {
    const n = new Neighbours([9, 8, 7, 6, ...Array(20).fill(0)]);
    const chosen: number[] = [];
    n.run(300_000, false, unchoked => {
      const [optimistic, ...more] = unchoked.filter(key => key > 4);
      expect(more).toEqual([]);
      chosen.push(optimistic);
    });
    expect(chosen).toHaveLength(30);
    for (let i = 0; i < 30; i += 3) {
      expect(new Set(chosen.slice(i, i + 3)).size).toBe(1);
      if (i > 0) expect(chosen[i]).not.toBe(chosen[i - 1]);
    }
  });

  it('new peers are three times as likely', () => {
    let young = 0;
    for (let seed = 0; seed < 4000; seed++) {
      const n = new Neighbours([9, 8, 7, 6, 0, 0], {}, seed * 7919);
      n.peers[5].connectedAtMs = n.nowMs - NEW_PEER_MS + 1;
      if (n.review().includes(6)) young++;
    }
    expect(young / 4000).toBeGreaterThan(0.72);
    expect(young / 4000).toBeLessThan(0.78);
  });

  it('a peer that snubs us gets no slot by rate, and the empty slots go to further optimistic unchokes', () => {
    const n = new Neighbours([99, 50, 40, 30, 20, 0, 0, 0]);
    n.peers[0].snubbed = true;
    let snubberHeld = 0;
    n.run(300_000, false, unchoked => {
      expect(unchoked).toHaveLength(5);
      expect(unchoked).toEqual(expect.arrayContaining([2, 3, 4, 5]));
      if (unchoked.includes(1)) snubberHeld++;
    });
    expect(snubberHeld).toBeGreaterThan(0);
    expect(snubberHeld).toBeLessThan(25);

    const lonely = new Neighbours([9, 8, 7, 6, 5, 4, 3, 2]);
    for (const peer of lonely.peers.slice(2)) peer.snubbed = true;
    expect(lonely.review()).toHaveLength(5);
    expect(lonely.review()).toEqual(expect.arrayContaining([1, 2]));
  });

  it('fills a free slot at once and chokes nobody for it', () => {
    const n = new Neighbours([0, 0, 0, 0, 0, 0]);
    for (const peer of n.peers) peer.interested = false;
    expect(n.review()).toEqual([]);
    for (let i = 0; i < 6; i++) {
      n.peers[i].interested = true;
      expect(n.fill()).toHaveLength(Math.min(i + 1, 5));
    }
    expect(n.choker.slotsFree(n.peers)).toBe(0);
    n.peers[0].interested = false;
    expect(n.choker.slotsFree(n.peers)).toBe(1);
    expect(n.fill()).toEqual([1, 2, 3, 4, 5, 6]);
    n.nowMs = 10_000;
    expect(n.review()).toEqual([2, 3, 4, 5, 6]);
  });

  it('seeding, goes by the rate from us', () => {
    const n = new Neighbours([0, 0, 0, 0, 0, 0]);
    n.review(true);
    for (const peer of n.peers) Object.assign(peer, { upRate: peer.choked ? 0 : 10 * peer.key, downRate: 0 });
    const fastest = n.peers.filter(peer => !peer.choked).sort((a, b) => b.upRate - a.upRate);
    n.nowMs = 10_000;
    expect(n.review(true)).toEqual(expect.arrayContaining(fastest.slice(0, 4).map(peer => peer.key)));
  });

  it('seeding, everybody has a turn', () => {
    const n = new Neighbours(Array(25).fill(0));
    const turns = new Map<number, number>();
    n.run(20 * SEED_TURN_MS, true, unchoked => {
      expect(unchoked).toHaveLength(5);
      for (const peer of n.peers) peer.upRate = peer.choked ? 0 : peer.key === 1 ? 1e6 : 100;
      for (const key of unchoked) turns.set(key, (turns.get(key) ?? 0) + 1);
    });
    expect(turns.size).toBe(25);
    // 120 reviews with 5 places for 25 peers: 24 each when all are equal
    expect(Math.min(...turns.values())).toBeGreaterThanOrEqual(12);
    expect(Math.max(...turns.values())).toBeLessThan(48);
  });

  it('without a limit chokes nobody, interested or not', () => {
    const n = new Neighbours(Array(300).fill(0), { slots: Number.POSITIVE_INFINITY });
    n.peers[7].interested = false;
    n.peers[8].snubbed = true;
    expect(n.review()).toHaveLength(300);
    n.peers[3].choked = true;
    expect(n.fill()).toHaveLength(300);
    expect(n.choker.slotsFree(n.peers)).toBe(Number.POSITIVE_INFINITY);
  });

  it('with no slots uploads to nobody', () => {
    const n = new Neighbours([1, 2, 3], { slots: 0 });
    expect([...n.review(), ...n.fill(), ...n.review(true)]).toEqual([]);
  });

  it('the same seed decides the same', () => {
    const course = (seed: number) => {
      const n = new Neighbours(Array(30).fill(0), {}, seed);
      const log: number[][] = [];
      n.run(200_000, false, unchoked => log.push(unchoked));
      return JSON.stringify(log);
    };
    expect(course(3)).toBe(course(3));
    expect(course(3)).not.toBe(course(4));
  });

  it.each([-1, 1.5, Number.NaN])('refuses %d slots', slots => {
    expect(() => new Choker({ rng: createRng(1), slots })).toThrow(
      expect.toSatisfy((error: unknown) => isMillraceError(error, 'ERR_OPTION')),
    );
  });

  it.each(BACKENDS)('ranks a large swarm on $name kernels as the sort does', backend => {
    const rng = createRng(9);
    const ranks = Array.from({ length: RANK_KERNEL_MIN + 44 }, () => rng.below(20));
    for (const most of [0, 1, 4, 64, 1000])
      expect(rankTop(ranks, most, 77, backend.make())).toEqual(rankTop(ranks, most, 77));
  });
});
