import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../../src/engine/policy/rng.js';
import { SwarmStore } from '../../../src/tracker/swarm-store.js';

const LIMITS = { maxTorrents: 100, maxPeers: 1000 };
const HASH = 'h'.repeat(20);

function createStore(stride = 6, limits = LIMITS) {
  const rng = createRng(1);
  const store = new SwarmStore(stride, limits, bound => rng.below(bound));
  const out = new Uint8Array(stride * 500);
  const ids = new Uint8Array(20 * 500);
  const addressOf = (peer: number) => {
    const address = new Uint8Array(stride).fill(7);
    new DataView(address.buffer).setUint32(stride - 6, peer);
    return address;
  };
  const announce = (
    peer: number,
    options: {
      hash?: string;
      seeder?: boolean;
      event?: 'started' | 'stopped' | 'completed';
      numWant?: number;
      at?: number;
    } = {},
  ) => {
    const { hash = HASH, seeder = false, event, numWant = 50, at = 0 } = options;
    const peerId = new Uint8Array(20).fill(peer);
    const request = { infoHash: hash, address: addressOf(peer), peerId, isSeeder: seeder, event, numWant };
    const answer = { ...store.announce(request, at, out, 0, ids) };
    const view = new DataView(out.buffer);
    const told = Array.from({ length: answer.peers }, (_, i) => view.getUint32(i * stride + stride - 6));
    told.forEach((one, i) => {
      expect(ids[i * 20]).toBe(one & 0xff);
    });
    return { ...answer, told };
  };
  return { store, announce };
}

describe.each([6, 18])('SwarmStore, %i bytes an address', stride => {
  it('tells each newcomer of those before it, and nobody of itself', () => {
    const { announce } = createStore(stride);
    for (let peer = 0; peer < 30; peer++) {
      expect(announce(peer).told.sort((a, b) => a - b)).toEqual(Array.from({ length: peer }, (_, i) => i));
    }
    expect(announce(5).told).not.toContain(5);
    expect(announce(5).told).toHaveLength(29);
  });

  it('tells seeders of leechers only', () => {
    const { announce } = createStore(stride);
    announce(1, { seeder: true });
    announce(2);
    expect(announce(3, { seeder: true }).told).toEqual([2]);
    expect(announce(4).told.sort()).toEqual([1, 2, 3]);
  });

  it('a leecher gets half of each kind when there are too many, and all places are used', () => {
    const { announce } = createStore(stride);
    for (let peer = 0; peer < 60; peer++) announce(peer, { seeder: peer < 40 });
    const told = announce(99, { numWant: 20 }).told;
    expect(new Set(told).size).toBe(20);
    expect(told.filter(peer => peer < 40)).toHaveLength(10);
    expect(announce(98, { numWant: 55 }).told).toHaveLength(55);
    expect(announce(97, { numWant: 0 }).told).toEqual([]);
  });

  it('shows every peer of a large swarm sooner or later', () => {
    const { announce } = createStore(stride);
    for (let peer = 0; peer < 200; peer++) announce(peer);
    const seen = new Set<number>();
    for (let i = 0; i < 200; i++) for (const peer of announce(500, { numWant: 10 }).told) seen.add(peer);
    expect(seen.size).toBe(200);
  });

  it('stopped removes at once and is told of nobody', () => {
    const { store, announce } = createStore(stride);
    announce(1);
    announce(2);
    expect(announce(1, { event: 'stopped' })).toMatchObject({ told: [], leechers: 1 });
    expect(announce(3).told).toEqual([2]);
    announce(2, { event: 'stopped' });
    announce(3, { event: 'stopped' });
    expect([store.torrentCount, store.peerCount]).toEqual([0, 0]);
    announce(4, { event: 'stopped' });
    expect(store.torrentCount).toBe(0);
  });

  it('a leecher becomes a seeder once, and completed is counted once', () => {
    const { store, announce } = createStore(stride);
    announce(1);
    announce(1, { seeder: true, event: 'completed' });
    announce(1, { seeder: true, event: 'completed' });
    expect(store.scrape(HASH)).toEqual({ seeders: 1, leechers: 0, completed: 1 });
    expect(store.peerCount).toBe(1);
    expect(store.scrape('x'.repeat(20))).toBeUndefined();
  });

  it('forgets the silent, in slices', () => {
    const { store, announce } = createStore(stride);
    for (let peer = 0; peer < 40; peer++)
      announce(peer, { hash: HASH + (peer % 4), seeder: peer % 3 === 0, at: peer });
    let slices = 1;
    while (!store.sweep(20, 5)) slices++;
    expect(slices).toBeGreaterThan(6);
    expect(store.peerCount).toBe(20);
    while (!store.sweep(1000, 5));
    expect([store.torrentCount, store.peerCount]).toEqual([0, 0]);
  });

  it('an announce makes young again', () => {
    const { store, announce } = createStore(stride);
    announce(1, { at: 0 });
    announce(1, { at: 50 });
    store.sweep(50, 100);
    expect(store.peerCount).toBe(1);
  });
});

describe('limits', () => {
  it('keeps new torrents and peers out, not those inside', () => {
    const { store, announce } = createStore(6, { maxTorrents: 2, maxPeers: 3 });
    announce(1, { hash: 'a' });
    announce(1, { hash: 'b' });
    expect(announce(1, { hash: 'c' }).accepted).toBe(false);
    expect(announce(2, { hash: 'a' }).accepted).toBe(true);
    expect(announce(3, { hash: 'a' }).accepted).toBe(false);
    expect(announce(2, { hash: 'a', seeder: true }).accepted).toBe(true);
    expect([store.torrentCount, store.peerCount]).toEqual([2, 3]);
    announce(1, { hash: 'b', event: 'stopped' });
    expect(announce(1, { hash: 'c' }).accepted).toBe(true);
  });

  it('never writes past the end of the output', () => {
    const { store } = createStore();
    const address = (i: number) => Uint8Array.of(1, 1, 1, i, 0, 1);
    const request = (i: number) => ({
      infoHash: HASH,
      address: address(i),
      peerId: new Uint8Array(20),
      isSeeder: false,
      numWant: 200,
    });
    for (let i = 0; i < 50; i++) store.announce(request(i), 0, new Uint8Array(0), 0);
    expect(store.announce(request(99), 0, new Uint8Array(20 + 6 * 7 + 5), 20).peers).toBe(7);
  });
});

it('agrees with a plain model under any order of announces and sweeps', () => {
  const step = fc.record({
    peer: fc.integer({ min: 0, max: 45 }),
    torrent: fc.integer({ min: 0, max: 1 }),
    seeder: fc.boolean(),
    event: fc.constantFrom(undefined, 'started' as const, 'stopped' as const, 'completed' as const),
    sweep: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 300 }), steps => {
      const { store, announce } = createStore();
      const model = new Map<string, { seeder: boolean; at: number }>();
      steps.forEach(({ peer, torrent, seeder, event, sweep }, at) => {
        const key = `${torrent}/${peer}`;
        model.delete(key);
        const others = [...model].filter(
          ([other, { seeder: isSeeder }]) => other.startsWith(`${torrent}/`) && !(seeder && isSeeder),
        );
        const { told } = announce(peer, { hash: `${torrent}`, seeder, event, at, numWant: 100 });
        if (event === 'stopped') expect(told).toEqual([]);
        else {
          model.set(key, { seeder, at });
          expect(told.map(one => `${torrent}/${one}`).sort()).toEqual(others.map(([other]) => other).sort());
        }
        if (sweep && at % 40 === 0) {
          while (!store.sweep(at - 60, 7));
          for (const [other, { at: seen }] of model) if (seen < at - 60) model.delete(other);
        }
        expect(store.peerCount).toBe(model.size);
      });
    }),
    { numRuns: 100 },
  );
});
