/** A file from one seed to many peers. */
import { describe, expect, it } from 'vitest';
import { VirtualSwarm } from '../../src/sim/virtual-swarm.js';
import { expectWhole } from './expect.js';

describe.each([1, 2, 3])('seed %i', seed => {
  it('goes to one leecher, every byte right', () => {
    const swarm = new VirtualSwarm({ seed, length: 7 * 64 * 1024 + 20_001 });
    swarm.join(swarm.add({ have: 'all' }));
    const leecher = swarm.join(swarm.add());
    expect(swarm.runUntil(() => leecher.complete, 60_000)).toBe(true);
    expectWhole(swarm);
    swarm.finish();
  });
});

it('goes to 20 leechers for less than two copies of the seed', () => {
  const swarm = new VirtualSwarm({ seed: 4 });
  const source = swarm.join(swarm.add({ have: 'all' }));
  const leechers = Array.from({ length: 20 }, () => swarm.join(swarm.add()));
  expect(swarm.runUntil(() => leechers.every(peer => peer.complete), 120_000)).toBe(true);

  expectWhole(swarm);
  swarm.finish();
});
