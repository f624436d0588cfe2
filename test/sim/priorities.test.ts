/** What the user wants first comes first. */
import { describe, expect, it } from 'vitest';
import type { VirtualPeer } from '../../src/sim/block/virtual-peer.js';
import { VirtualSwarm } from '../../src/sim/block/virtual-swarm.js';

/** Pieces in the order in which this peer first asked for them. */
function watchRequests(swarm: VirtualSwarm, peer: VirtualPeer): number[] {
  const pieces: number[] = [];
  swarm.watch(event => {
    if (event.type !== 'sent' || event.by !== peer || event.message.type !== 'request') return;
    if (!pieces.includes(event.message.piece)) pieces.push(event.message.piece);
  });
  return pieces;
}

describe.each([61, 62])('seed %i', seed => {
  function start(sequential = false) {
    const swarm = new VirtualSwarm({ seed });
    // without the extension protocol, so that they do not leave when nothing more is wanted for a while
    for (const rate of [50_000, 150_000])
      swarm.join(swarm.add({ have: 'all', extended: false, upBytesPerSecond: rate }));
    const leecher = swarm.add({ sequential });
    return { swarm, leecher, order: watchRequests(swarm, leecher) };
  }

  it('skipped pieces are never asked for; the download is complete without them', () => {
    const { swarm, leecher, order } = start();
    leecher.core.setPriority(4, 9, 0);
    swarm.join(leecher);
    expect(swarm.runUntil(() => leecher.completedMs !== undefined, 60_000)).toBe(true);
    swarm.run(5000);
    expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 9, 10, 11, 12, 13, 14, 15]);
    leecher.core.setPriority(4, 9, 1);
    leecher.poke();
    expect(swarm.runUntil(() => leecher.completions === 2, 60_000)).toBe(true);
    expect(leecher.complete).toBe(true);
    swarm.finish();
  });

  it('high pieces come before normal ones, these before low ones', () => {
    const { swarm, leecher, order } = start();
    leecher.core.setPriority(0, 5, 1);
    leecher.core.setPriority(10, 14, 3);
    swarm.join(leecher);
    expect(swarm.runUntil(() => leecher.complete, 60_000)).toBe(true);
    const level = (piece: number) => (piece < 5 ? 'low' : piece >= 10 && piece < 14 ? 'high' : 'normal');
    expect(order.map(level)).toEqual([
      ...Array(4).fill('high'),
      ...Array(7).fill('normal'),
      ...Array(5).fill('low'),
    ]);
    swarm.finish();
  });

  it('in sequence each piece is started before the next', () => {
    const { swarm, leecher, order } = start(true);
    swarm.join(leecher);
    expect(swarm.runUntil(() => leecher.complete, 60_000)).toBe(true);
    expect(order).toEqual(Array.from({ length: 16 }, (_, piece) => piece));
    swarm.finish();
  });

  it('urgent pieces come before everything else, in the order given', () => {
    const { swarm, leecher, order } = start();
    swarm.join(leecher);
    swarm.run(1500);
    const before = [...order];
    const urgent = [15, 3, 9, 7, 0].filter(piece => !before.includes(piece)).slice(0, 3);
    leecher.auditor!.urgent = true;
    leecher.core.setUrgent(urgent);
    leecher.poke();
    expect(swarm.runUntil(() => leecher.complete, 60_000)).toBe(true);
    expect(order.slice(before.length, before.length + urgent.length)).toEqual(urgent);
    swarm.finish();
  });
});

it('an urgent piece that a slow peer owes is asked of a second one after two seconds', () => {
  const swarm = new VirtualSwarm({ seed: 63, length: 64 * 16 * 1024, pieceLength: 16 * 1024 });
  const slow = swarm.join(swarm.add({ have: [5], upBytesPerSecond: 500 }));
  const leecher = swarm.add();
  leecher.auditor!.urgent = true;
  leecher.core.setUrgent([5]);
  swarm.join(leecher);
  swarm.run(1000);
  expect(leecher.to(slow)?.peer.outstanding.size).toBe(1);
  const quick = swarm.join(swarm.add({ have: 'all', upBytesPerSecond: 100_000 }));
  const asked = () =>
    [...(leecher.to(quick)?.peer.outstanding.values() ?? [])].some(({ ref }) => ref.piece === 5);
  expect(swarm.runUntil(asked, 10_000)).toBe(true);
  expect(swarm.clock.nowMs).toBeGreaterThan(2000);
  expect(swarm.clock.nowMs).toBeLessThan(2500);
  expect(swarm.runUntil(() => leecher.core.picker.has(5), 10_000)).toBe(true);
  swarm.finish();
});
