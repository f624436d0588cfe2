/** Peers that send bad blocks: they are found out, nobody else is. */
import { describe, expect, it } from 'vitest';
import type { VirtualPeer } from '../../src/sim/block/virtual-peer.js';
import type { Behaviour } from '../../src/sim/block/virtual-peer-options.js';
import { type SimEvent, VirtualSwarm } from '../../src/sim/block/virtual-swarm.js';
import { expectWhole } from './expect.js';

/** Turns one byte of every block, or of the blocks named. */
const lies = (which: (piece: number, begin: number) => boolean = () => true): Behaviour => ({
  payload: ({ piece, begin }, good) => {
    if (which(piece, begin)) good[good.length >>> 1] ^= 0xff;
    return good;
  },
});

/** Names of those banned, with who banned them. */
function watchBans(swarm: VirtualSwarm): { by: VirtualPeer; host: string }[] {
  const bans: { by: VirtualPeer; host: string }[] = [];
  swarm.watch((event: SimEvent) => {
    if (event.type === 'action' && event.action.type === 'ban')
      bans.push({ by: event.by, host: event.action.address.host });
  });
  return bans;
}

describe.each([11, 12, 13])('seed %i', seed => {
  it.each([
    ['every block', lies()],
    ['one block in four', lies((_, begin) => begin === 16384)],
    ['blocks of some pieces', lies(piece => piece % 3 === 1)],
  ])('a liar in %s is banned and nobody else; all others complete', (_, behaviour) => {
    const swarm = new VirtualSwarm({ seed });
    const bans = watchBans(swarm);
    const honest = [swarm.join(swarm.add({ have: 'all', upBytesPerSecond: 200_000 }))];
    const liar = swarm.join(
      swarm.add({ name: 'liar', have: 'all', upBytesPerSecond: 200_000, ...behaviour }),
    );
    for (let i = 0; i < 5; i++) honest.push(swarm.join(swarm.add({ upBytesPerSecond: 200_000 })));
    expect(swarm.runUntil(() => honest.every(peer => peer.complete), 300_000)).toBe(true);
    expectWhole(swarm, honest);
    expect(bans.length).toBeGreaterThan(0);
    expect(bans.filter(({ host }) => host !== liar.address.host).map(({ by }) => by.name)).toEqual([]);
    swarm.finish();
  });

  it('a liar that is the only source of a piece is banned, and the piece comes from the next one who has it', () => {
    const swarm = new VirtualSwarm({ seed, length: 4 * 64 * 1024 });
    const bans = watchBans(swarm);
    const liar = swarm.join(swarm.add({ have: [0, 1], ...lies(piece => piece === 1) }));
    const honest = swarm.join(swarm.add({ have: [0, 2, 3] }));
    const leecher = swarm.join(swarm.add());
    swarm.run(60_000);
    expect(leecher.core.picker.haveCount).toBe(3);
    expect(leecher.core.failedPieces).toBe(1);
    expect(new Set(bans.map(({ host }) => host))).toEqual(new Set([liar.address.host]));
    swarm.join(swarm.add({ have: [1] }));
    expect(swarm.runUntil(() => leecher.complete && honest.complete, 60_000)).toBe(true);
    expectWhole(swarm, [leecher, honest]);
    expect(swarm.connect(leecher, liar)).toBe(false);
    swarm.finish();
  });

  it('a liar that has gone in time is convicted all the same, by its address', () => {
    const swarm = new VirtualSwarm({ seed, length: 4 * 64 * 1024 });
    const bans = watchBans(swarm);
    const honest = swarm.join(swarm.add({ have: 'all', upBytesPerSecond: 100_000 }));
    const liar = swarm.join(swarm.add({ have: 'all', upBytesPerSecond: 100_000, ...lies() }));
    const leecher = swarm.join(swarm.add());
    expect(swarm.runUntil(() => leecher.core.failedPieces > 0, 60_000)).toBe(true);
    liar.leave();
    expect(swarm.runUntil(() => leecher.complete, 60_000)).toBe(true);
    expect(bans.every(({ host }) => host !== honest.address.host)).toBe(true);
    expectWhole(swarm, [leecher]);
    swarm.finish();
  });
});
