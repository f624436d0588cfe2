/** Peers that stop answering, or stop altogether. */
import { describe, expect, it } from 'vitest';
import { VirtualSwarm } from '../../src/sim/block/virtual-swarm.js';
import { expectWhole } from './expect.js';

describe.each([21, 22, 23])('seed %i', seed => {
  it('a seed that stops sending blocks costs no more than what it owed', () => {
    const swarm = new VirtualSwarm({ seed });
    const stalled = swarm.join(swarm.add({ name: 'stalled', have: 'all', stalls: nowMs => nowMs > 300 }));
    const honest = swarm.join(swarm.add({ have: 'all', upBytesPerSecond: 20_000 }));
    const leecher = swarm.join(swarm.add());
    swarm.run(400);
    const leftMs = ((swarm.content.length - leecher.core.downloads.receivedBytes) * 1000) / 20_000;
    expect(swarm.runUntil(() => leecher.to(stalled)?.peer.snubbed === true, 60_000)).toBe(true);
    expect(swarm.clock.nowMs).toBeLessThan(300 + 20_000 + 2000);
    expect(swarm.runUntil(() => leecher.complete, 60_000)).toBe(true);
    expect(swarm.clock.nowMs).toBeLessThan(400 + 1.05 * leftMs);
    expectWhole(swarm, [honest, leecher]);
    swarm.finish();
  });

  it('what a stalled seed owes at the end comes from the other one before anybody is snubbed', () => {
    const swarm = new VirtualSwarm({ seed });
    const stalled = swarm.join(swarm.add({ have: 'all', stalls: nowMs => nowMs > 300 }));
    swarm.join(swarm.add({ have: 'all', upBytesPerSecond: 200_000 }));
    const leecher = swarm.join(swarm.add());
    expect(swarm.runUntil(() => leecher.complete, 10_000)).toBe(true);
    expect(leecher.to(stalled)?.peer.snubbed ?? false).toBe(false);
    swarm.finish();
  });

  it('a seed that comes back to life is used again', () => {
    const swarm = new VirtualSwarm({ seed });
    const stalled = swarm.join(
      swarm.add({ have: 'all', upBytesPerSecond: 50_000, stalls: nowMs => nowMs > 1000 && nowMs < 30_000 }),
    );
    const leecher = swarm.join(swarm.add());
    swarm.run(25_000);
    expect(leecher.to(stalled)?.peer.snubbed).toBe(true);
    expect(swarm.runUntil(() => leecher.complete, 60_000)).toBe(true);
    expect(leecher.core.downloads.wastedBytes).toBe(0);
    swarm.finish();
  });

  it('a peer that falls silent is dropped after two minutes, its neighbour who says nothing is kept alive', () => {
    const swarm = new VirtualSwarm({ seed });
    const a = swarm.join(swarm.add({ have: [0] }));
    const b = swarm.join(swarm.add({ have: [0] }));
    const dead = swarm.join(swarm.add({ have: [0], silent: nowMs => nowMs > 100 }));
    const closed: string[] = [];
    swarm.watch((event, nowMs) => {
      if (event.type === 'closed' && event.by !== dead)
        closed.push(`${event.by.number} ${event.to.number} ${event.code} ${Math.floor(nowMs / 10_000)}`);
    });
    swarm.run(400_000);
    expect(closed.sort()).toEqual(['0 2 ERR_PEER_TIMEOUT 12', '1 2 ERR_PEER_TIMEOUT 12']);
    expect(a.to(b)).toBeDefined();
    swarm.finish();
  });
});

it('a peer that takes our requests and never answers is given up request by request', () => {
  const swarm = new VirtualSwarm({ seed: 24 });
  const stalled = swarm.join(swarm.add({ have: 'all', stalls: () => true }));
  const leecher = swarm.join(swarm.add());
  const cancels: number[] = [];
  swarm.watch((event, nowMs) => {
    if (event.type === 'sent' && event.message.type === 'cancel') cancels.push(nowMs);
  });
  swarm.run(75_000);
  expect(cancels.length).toBeGreaterThanOrEqual(4);
  expect(cancels[0]).toBeGreaterThanOrEqual(60_000);
  expect(leecher.to(stalled)?.peer.outstanding.size).toBe(1); // snubbed: one at a time
  expect(leecher.to(stalled)?.peer.amInterested).toBe(true);
  swarm.finish();
});
