/** A file from one seed to many peers, some of whom come and go. */
import { describe, expect, it } from 'vitest';
import type { VirtualPeer } from '../../src/sim/block/virtual-peer.js';
import { VirtualSwarm } from '../../src/sim/block/virtual-swarm.js';
import { expectWhole } from './expect.js';

const KIB = 1024;

describe.each([1, 2, 3])('one leecher, seed %i', seed => {
  it('gets every byte, the short last piece too', () => {
    const swarm = new VirtualSwarm({ seed, length: 7 * 64 * KIB + 20_001 });
    swarm.join(swarm.add({ have: 'all' }));
    const leecher = swarm.join(swarm.add());
    expect(swarm.runUntil(() => leecher.complete, 60_000)).toBe(true);
    expectWhole(swarm);
    expect(leecher.core.downloads.wastedBytes).toBe(0);
    swarm.finish();
  });

  it('is held back by the seed’s uplink alone', () => {
    // 1 MiB at 100 kB/s, from the unchoke on: slow start costs nothing where a block takes longer than a round trip
    const swarm = new VirtualSwarm({ seed });
    swarm.join(swarm.add({ have: 'all', upBytesPerSecond: 100_000 }));
    const leecher = swarm.join(swarm.add());
    expect(swarm.runUntil(() => leecher.complete, 60_000)).toBe(true);
    expect(swarm.clock.nowMs / 1000).toBeLessThan((1.02 * swarm.content.length) / 100_000);
    swarm.finish();
  });
});

/** 64 pieces of one block, all with the same uplink, which is the bottleneck. */
function startTwenty(seed: number, seedLeaves: (leechers: VirtualPeer[]) => boolean = () => false) {
  const swarm = new VirtualSwarm({ seed, pieceLength: 16 * KIB, length: 64 * 16 * KIB });
  const leaves = () => seedLeaves(leechers);
  const source = swarm.join(swarm.add({ name: 'seed', have: 'all', upBytesPerSecond: 200_000, leaves }));
  const leechers: VirtualPeer[] = [];
  for (let i = 0; i < 20; i++) leechers.push(swarm.join(swarm.add({ upBytesPerSecond: 200_000 })));
  return { swarm, source, leechers };
}

describe('twenty leechers', () => {
  it.each([4, 5])('get it for less than two copies of the seed (seed %i)', seed => {
    const { swarm, source, leechers } = startTwenty(seed);
    expect(swarm.runUntil(() => leechers.every(peer => peer.complete), 60_000)).toBe(true);
    expectWhole(swarm);
    // 1.81 and 1.91 copies on 2026-11-22; the time is as many times that of one copy
    expect(source.sentBytes / swarm.content.length).toBeLessThan(2);
    expect(swarm.clock.nowMs / 1000).toBeLessThan((2 * swarm.content.length) / 200_000);
    swarm.finish();
  });

  it.each([6, 7])('get it although three of them vanish in the middle and return (seed %i)', seed => {
    const { swarm, leechers } = startTwenty(seed);
    const [a, b, c] = leechers;
    const vanish = (peer: VirtualPeer, pieces: number) => {
      expect(swarm.runUntil(() => peer.core.picker.haveCount >= pieces, 60_000)).toBe(true);
      peer.leave();
    };
    vanish(a, 10);
    vanish(b, 20);
    vanish(c, 30);
    swarm.run(1000);
    for (const peer of [a, b, c]) {
      expect(peer.complete).toBe(false);
      swarm.join(peer);
    }
    expect(swarm.runUntil(() => leechers.every(peer => peer.complete), 60_000)).toBe(true);
    expectWhole(swarm);
    swarm.finish();
  });

  it('get it from a seed that leaves as soon as every piece is out once', () => {
    const { swarm, source, leechers } = startTwenty(8, peers => {
      const out = (piece: number) => peers.some(peer => peer.core.picker.has(piece));
      return Array.from({ length: 64 }, (_, piece) => piece).every(out);
    });
    expect(swarm.runUntil(() => !source.present, 60_000)).toBe(true);
    expect(leechers.every(peer => peer.complete)).toBe(false);
    expect(swarm.runUntil(() => leechers.every(peer => peer.complete), 60_000)).toBe(true);
    swarm.finish();
  });
});

it('peers without the Fast Extension, without any extension and with all get it from each other', () => {
  const swarm = new VirtualSwarm({ seed: 6 });
  swarm.join(swarm.add({ have: 'all', fast: false }));
  const kinds = [{ fast: false }, { extended: false }, { fast: false, extended: false }, {}];
  const leechers = kinds.map(kind => swarm.join(swarm.add(kind)));
  expect(swarm.runUntil(() => leechers.every(peer => peer.complete), 60_000)).toBe(true);
  expectWhole(swarm);
  swarm.finish();
});
