/** Any small swarm completes while one full copy stays, and nobody breaks a rule on the way. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { VirtualSwarm } from '../../src/sim/block/virtual-swarm.js';
import { expectWhole } from './expect.js';

const BLOCK = 16 * 1024;

const peer = fc.record({
  upBytesPerSecond: fc.integer({ min: 10_000, max: 1_000_000 }),
  downBytesPerSecond: fc.constantFrom(Number.POSITIVE_INFINITY, 50_000, 300_000),
  slots: fc.integer({ min: 1, max: 4 }),
  fast: fc.boolean(),
  extended: fc.boolean(),
  diskMs: fc.integer({ min: 0, max: 200 }),
  budgetPieces: fc.integer({ min: 1, max: 8 }),
  sequential: fc.boolean(),
});

const absence = fc.record({
  peer: fc.nat(6),
  atMs: fc.integer({ min: 0, max: 20_000 }),
  forMs: fc.integer({ min: 0, max: 20_000 }),
});

const plan = fc.record({
  seed: fc.nat(1_000_000),
  blocks: fc.integer({ min: 1, max: 5 }),
  /** Of 16 KiB blocks, with a rest. */
  length: fc.integer({ min: 1, max: 40 * BLOCK }),
  latencyMs: fc.integer({ min: 0, max: 300 }),
  source: peer,
  leechers: fc.array(peer, { minLength: 1, maxLength: 7 }),
  absences: fc.array(absence, { maxLength: 5 }),
});

it('random swarms complete', () => {
  fc.assert(
    fc.property(plan, ({ seed, blocks, length, latencyMs, source, leechers, absences }) => {
      const swarm = new VirtualSwarm({ seed, pieceLength: blocks * BLOCK, length, latencyMs });
      let over = false;
      swarm.join(swarm.add({ ...source, have: 'all' }));
      const peers = leechers.map(options => swarm.join(swarm.add(options)));
      for (const { peer, atMs, forMs } of absences) {
        const absent = peers[peer % peers.length];
        swarm.clock.at(atMs, () => absent.leave());
        swarm.clock.at(atMs + forMs, () => {
          if (!absent.present && !over) swarm.join(absent);
        });
      }
      expect(swarm.runUntil(() => peers.every(({ complete }) => complete), 3_600_000)).toBe(true);
      expectWhole(swarm);
      over = true;
      swarm.finish();
    }),
    { numRuns: 60, interruptAfterTimeLimit: 4000 },
  );
});
