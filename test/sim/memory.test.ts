/** Little memory makes a download slow, never stuck. */
import { describe, expect, it } from 'vitest';
import { VirtualSwarm } from '../../src/sim/block/virtual-swarm.js';
import { expectWhole } from './expect.js';

describe.each([41, 42])('seed %i', seed => {
  it.each([1, 2, 3])('room for %i pieces is enough', budgetPieces => {
    const swarm = new VirtualSwarm({ seed });
    swarm.join(swarm.add({ have: 'all' }));
    const leechers = [0, 1, 2].map(() => swarm.join(swarm.add({ budgetPieces })));
    expect(swarm.runUntil(() => leechers.every(peer => peer.complete), 120_000)).toBe(true);
    expectWhole(swarm);
    swarm.finish();
  });

  it('room for two pieces is enough although the only source of the one under way leaves', () => {
    const swarm = new VirtualSwarm({ seed, length: 4 * 64 * 1024 });
    const rare = swarm.join(swarm.add({ have: [0], upBytesPerSecond: 20_000 }));
    const leecher = swarm.join(swarm.add({ budgetPieces: 2 }));
    swarm.run(2000);
    expect([...leecher.core.picker.partials()]).toMatchObject([{ piece: 0 }]);
    rare.leave();
    swarm.join(swarm.add({ have: [1, 2, 3] }));
    expect(swarm.runUntil(() => leecher.core.picker.haveCount === 3, 60_000)).toBe(true);
    swarm.join(rare);
    expect(swarm.runUntil(() => leecher.complete, 60_000)).toBe(true);
    swarm.finish();
  });

  it('room for two pieces is enough although the wishes change', () => {
    const swarm = new VirtualSwarm({ seed, length: 4 * 64 * 1024 });
    swarm.join(swarm.add({ have: 'all', upBytesPerSecond: 20_000 }));
    const leecher = swarm.join(swarm.add({ budgetPieces: 2 }));
    for (const piece of [0, 1, 2, 3]) {
      leecher.core.setPriority(0, 4, 0);
      leecher.core.setPriority(piece, piece + 1, 2);
      leecher.poke();
      swarm.run(1500);
      expect([...leecher.core.picker.partials()]).toMatchObject([{ piece }]);
    }
    leecher.core.setPriority(0, 4, 2);
    leecher.poke();
    expect(swarm.runUntil(() => leecher.complete, 60_000)).toBe(true);
    swarm.finish();
  });
});
