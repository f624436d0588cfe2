/** The last blocks are asked of several peers; the auditor sees to it that none is written twice. */
import { describe, expect, it } from 'vitest';
import { VirtualSwarm } from '../../src/sim/block/virtual-swarm.js';
import { expectWhole } from './expect.js';

describe.each([31, 32, 33, 34])('seed %i', seed => {
  it('asks for blocks twice, cancels what came from another, wastes little', () => {
    const swarm = new VirtualSwarm({ seed });
    for (const rate of [20_000, 60_000, 400_000])
      swarm.join(swarm.add({ have: 'all', upBytesPerSecond: rate }));
    const leecher = swarm.join(swarm.add());
    let cancels = 0;
    swarm.watch(event => {
      if (event.type === 'sent' && event.message.type === 'cancel') cancels++;
    });
    expect(swarm.runUntil(() => leecher.complete, 60_000)).toBe(true);
    expectWhole(swarm);
    expect(leecher.auditor!.doubles).toBeGreaterThan(0);
    expect(cancels).toBeGreaterThan(0);
    expect(leecher.core.downloads.wastedBytes).toBeLessThanOrEqual(3 * 4 * 16_384); // 3 peers, 4 doubles each
    swarm.finish();
  });

  it('ends although peers of one speed send the same blocks at once', () => {
    // Slow uplinks, so that copies overlap for long. Two blocks for five seeds: all is end-game from the first request.
    const swarm = new VirtualSwarm({ seed, length: 2 * 16_384, pieceLength: 2 * 16_384 });
    for (let i = 0; i < 5; i++) swarm.join(swarm.add({ have: 'all', upBytesPerSecond: 8_000 + i }));
    const leecher = swarm.join(swarm.add());
    expect(swarm.runUntil(() => leecher.complete, 15_000)).toBe(true);
    expectWhole(swarm);
    swarm.finish();
  });

  it('writes right bytes although copies of liars and honest peers overlap', () => {
    const swarm = new VirtualSwarm({ seed, length: 4 * 4 * 16_384 });
    const liars = [0, 1].map(() =>
      swarm.join(
        swarm.add({
          have: 'all',
          upBytesPerSecond: 30_000,
          payload: (range, good) => (range.begin === 0 ? good.fill(7) : good),
        }),
      ),
    );
    const honest = [0, 1, 2].map(() => swarm.join(swarm.add({ have: 'all', upBytesPerSecond: 30_000 })));
    const leecher = swarm.join(swarm.add());
    expect(swarm.runUntil(() => leecher.complete, 120_000)).toBe(true);
    expectWhole(swarm, [leecher]);
    for (const peer of honest) expect(leecher.bannedHosts.has(peer.address.host)).toBe(false);
    expect(liars.some(peer => leecher.bannedHosts.has(peer.address.host))).toBe(
      leecher.core.failedPieces > 0,
    );
    swarm.finish();
  });
});
