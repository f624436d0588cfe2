/** Who wants nothing any more, and what the others make of it. */
import { describe, expect, it } from 'vitest';
import { VirtualSwarm } from '../../src/sim/block/virtual-swarm.js';
import { expectWhole } from './expect.js';

describe.each([71, 72])('seed %i', seed => {
  it('seeds part from seeds and stay with those who lack something', () => {
    const swarm = new VirtualSwarm({ seed });
    const source = swarm.join(swarm.add({ have: 'all' }));
    const quick = swarm.join(swarm.add());
    const slow = swarm.join(swarm.add({ downBytesPerSecond: 50_000 }));
    expect(swarm.runUntil(() => quick.complete, 60_000)).toBe(true);
    swarm.run(100);
    expect(slow.complete).toBe(false);
    expect(quick.to(source)).toBeUndefined();
    expect(quick.to(slow)).toBeDefined();
    expect(swarm.runUntil(() => slow.complete, 60_000)).toBe(true);
    swarm.run(100);
    expect(swarm.peers.map(peer => peer.connections.size)).toEqual([0, 0, 0]);
    expect(swarm.peers.map(peer => peer.completions)).toEqual([1, 1, 1]);
    swarm.finish();
  });

  it.each([true, false])('two who want no more part when they can say so (extensions: %s)', extended => {
    const swarm = new VirtualSwarm({ seed });
    swarm.join(swarm.add({ have: 'all', extended }));
    const partial = [0, 1].map(n => {
      const peer = swarm.add({ extended });
      peer.core.setPriority(8 * n, 8 * n + 8, 0);
      return swarm.join(peer);
    });
    expect(swarm.runUntil(() => partial.every(peer => peer.completedMs !== undefined), 60_000)).toBe(true);
    swarm.run(200);
    expect(partial[0].to(partial[1]) === undefined).toBe(extended);
    expect(partial.map(peer => peer.core.picker.haveCount)).toEqual([8, 8]);
    swarm.finish();
  });

  it('a peer that wants more after all gets it', () => {
    const swarm = new VirtualSwarm({ seed });
    swarm.join(swarm.add({ have: 'all', extended: false, upBytesPerSecond: 100_000 }));
    const fickle = swarm.add({ upBytesPerSecond: 20_000 });
    fickle.core.setPriority(3, 16, 0);
    swarm.join(fickle);
    const other = swarm.join(swarm.add({ have: [0] }));
    expect(swarm.runUntil(() => fickle.completedMs !== undefined, 60_000)).toBe(true);
    swarm.run(200);
    expect(other.to(fickle)?.peer.uploadOnly).toBe(true);
    fickle.core.setPriority(3, 16, 2);
    fickle.poke();
    swarm.run(2000);
    expect(other.to(fickle)?.peer.uploadOnly).toBe(false);
    expect(swarm.runUntil(() => fickle.completions > 1 && other.complete, 120_000)).toBe(true);
    expect(fickle.completions).toBe(2);
    expectWhole(swarm);
    swarm.finish();
  });
});
