/** One source, many who want it: nothing is sent twice before all is sent once, whoever comes, goes or is of no use. */
import { describe, expect, it } from 'vitest';
import type { VirtualPeer } from '../../src/sim/block/virtual-peer.js';
import type { VirtualPeerOptions } from '../../src/sim/block/virtual-peer-options.js';
import { VirtualSwarm } from '../../src/sim/block/virtual-swarm.js';
import { expectWhole } from '../sim/expect.js';

const KIB = 1024;
const PIECES = 48;
const UP = { upBytesPerSecond: 200_000 };

interface Setup {
  readonly seed: number;
  readonly leechers?: number;
  readonly source?: VirtualPeerOptions;
  readonly leecher?: (index: number) => VirtualPeerOptions;
}

function start({ seed, leechers: count = 16, source: own, leecher = () => ({}) }: Setup) {
  const swarm = new VirtualSwarm({ seed, length: PIECES * 64 * KIB, latencyMs: 2 });
  const super_ = { superSeeding: true, slotGrowth: 'turns' } as const;
  const source = swarm.join(swarm.add({ name: 'seed', have: 'all', ...UP, ...super_, ...own }));
  const leechers = Array.from({ length: count }, (_, i) => swarm.join(swarm.add({ ...UP, ...leecher(i) })));
  return { swarm, source, leechers };
}

const isOut = (peers: readonly VirtualPeer[]) => () =>
  Array.from({ length: PIECES }, (_, piece) => piece).every(piece =>
    peers.some(peer => peer.core.picker.has(piece)),
  );

function copies({ sentBytes, swarm }: VirtualPeer): number {
  return sentBytes / swarm.content.length;
}

describe.each([61, 62, 63])('sixteen leechers, seed %i', seed => {
  it('all pieces are out when the seed has sent one copy', () => {
    const { swarm, source, leechers } = start({ seed });
    expect(swarm.runUntil(isOut(leechers), 60_000)).toBe(true);
    expect(copies(source)).toBeLessThan(1.02);
    expect(swarm.runUntil(() => leechers.every(peer => peer.complete), 60_000)).toBe(true);
    expectWhole(swarm);
    // F / u = 15.7 s is the bound; 1.19 to 1.21 of it on 2026-11-22, where 48 pieces alone make it 1.08
    expect(swarm.clock.nowMs / 1000).toBeLessThan((1.3 * swarm.content.length) / UP.upBytesPerSecond);
    swarm.finish();
  });

  it('the first of them, which by itself is told everything, costs a few pieces', () => {
    const { swarm, source, leechers } = start({ seed, source: { superSeeding: 'auto' } });
    expect(swarm.runUntil(isOut(leechers), 60_000)).toBe(true);
    expect(copies(source)).toBeLessThan(1.1); // 1.07 on 2026-11-22; 1.02 at most with 256 pieces
    swarm.finish();
  });

  it('they wait longer, and the seed sends more, without', () => {
    const { swarm, source, leechers } = start({ seed, source: { superSeeding: false } });
    expect(swarm.runUntil(isOut(leechers), 60_000)).toBe(true);
    expect(copies(source)).toBeGreaterThan(1.1);
    swarm.finish();
  });

  it('pieces that vanish with the peer that had them alone are sent again', () => {
    const { swarm, leechers } = start({ seed, leechers: 6 });
    const [lost, ...stay] = leechers;
    expect(swarm.runUntil(() => lost.core.picker.haveCount >= 3, 60_000)).toBe(true);
    lost.leave();
    expect(swarm.runUntil(() => stay.every(peer => peer.complete), 120_000)).toBe(true);
    swarm.finish();
  });

  it('peers that pass nothing on, say nothing or fetch nothing keep nobody from the rest', () => {
    const { swarm, leechers } = start({
      seed,
      leechers: 8,
      // a free rider; one that falls silent; one that is slow to take what it asked for
      leecher: index =>
        [{ slots: 0 }, { silent: (nowMs: number) => nowMs > 3000 }, { downBytesPerSecond: 2_000 }][index] ??
        {},
    });
    const honest = leechers.slice(3);
    expect(swarm.runUntil(() => honest.every(peer => peer.complete), 200_000)).toBe(true);
    swarm.finish();
  });

  it('works without the Fast Extension and without any extension', () => {
    const kinds = [{ fast: false }, { extended: false }, { fast: false, extended: false }, {}];
    const { swarm, source, leechers } = start({ seed, leechers: 8, leecher: index => kinds[index % 4] });
    expect(swarm.runUntil(isOut(leechers), 60_000)).toBe(true);
    expect(copies(source)).toBeLessThan(1.02);
    expect(swarm.runUntil(() => leechers.every(peer => peer.complete), 60_000)).toBe(true);
    expectWhole(swarm);
    swarm.finish();
  });

  it('peers that do not know each other all get everything from the seed', () => {
    const swarm = new VirtualSwarm({ seed });
    const source = swarm.add({ have: 'all', superSeeding: true, slotGrowth: 'turns', ...UP });
    const leechers = [1, 2, 3].map(() => swarm.add(UP));
    for (const leecher of leechers) swarm.connect(leecher, source);
    expect(swarm.runUntil(() => leechers.every(peer => peer.complete), 60_000)).toBe(true);
    // three copies at the rate of the uplink: it never waited
    expect(swarm.clock.nowMs / 1000).toBeLessThan((3.1 * swarm.content.length) / UP.upBytesPerSecond);
    swarm.finish();
  });
});

it('two seeds that cannot know of each other send no more than two copies', () => {
  const swarm = new VirtualSwarm({ seed: 64, length: PIECES * 64 * KIB });
  const options = { have: 'all', superSeeding: 'auto', slotGrowth: 'turns', ...UP } as const;
  const seeds = [swarm.add(options), swarm.add(options)];
  const leechers = Array.from({ length: 8 }, () => swarm.join(swarm.add(UP)));
  for (const seed of seeds) for (const leecher of leechers) swarm.connect(leecher, seed);
  expect(swarm.runUntil(() => leechers.every(peer => peer.complete), 60_000)).toBe(true);
  // both begin at piece 0; as soon as one sees pieces that it has not sent, it tells all that it has
  expect(copies(seeds[0]) + copies(seeds[1])).toBeLessThan(3);
  swarm.finish();
});
