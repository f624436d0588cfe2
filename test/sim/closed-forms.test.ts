/** Swarms whose time is known without simulating them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientServerSeconds } from '../../src/sim/bounds.js';
import { type PeerGroup, type Scenario, simulate } from '../../src/sim/index.js';

const KIB = 1024;
const MB = 1_000_000;

const peers = (count: number, rest: Partial<PeerGroup> = {}): PeerGroup[] => [
  { name: 'peers', peers: count, up: 2 * MB, down: 20 * MB, ...rest },
];

describe('client–server', () => {
  it.each([1, 2, 10, 100])('%i downloaders take N F / u_s', count => {
    const scenario: Scenario = {
      fileBytes: 40 * 64 * KIB + 1234,
      pieceLength: 64 * KIB,
      groups: peers(count),
      seedUp: 3 * MB,
      profile: 'client-server',
    };
    const { completion, bounds } = simulate(scenario);
    expect(completion.complete).toBe(count);
    expect(completion.median).toBeCloseTo(bounds.clientServer, 6);
    expect(completion.last).toBeCloseTo(bounds.clientServer, 6);
  });

  it('and with every message on the wire too, more of them than a peer has neighbours', () => {
    const { completion, ratio } = simulate({
      fileBytes: 4 * 64 * KIB,
      pieceLength: 64 * KIB,
      groups: peers(60),
      neighbours: 10,
      seedUp: 3 * MB,
      profile: 'client-server',
      fidelity: 'block',
    });
    expect(completion.complete).toBe(60);
    expect(ratio.clientServer.last).toBeGreaterThanOrEqual(1);
    // the first requests take a moment: 1.001 on 2026-11-22
    expect(ratio.clientServer.last).toBeLessThan(1.02);
  });

  it('takes the bound at any size and rates, slow downlinks included', () => {
    const sizes = fc.record({
      fileBytes: fc.integer({ min: 1, max: 4_000_000 }),
      pieceLength: fc.constantFrom(16 * KIB, 64 * KIB, 256 * KIB),
      count: fc.integer({ min: 1, max: 20 }),
      seedUp: fc.integer({ min: 10_000, max: 50 * MB }),
      down: fc.integer({ min: 10_000, max: 50 * MB }),
    });
    fc.assert(
      fc.property(sizes, ({ fileBytes, pieceLength, count, seedUp, down }) => {
        const groups = peers(count, { down });
        const { completion } = simulate({ fileBytes, pieceLength, groups, seedUp, profile: 'client-server' });
        const bound = clientServerSeconds({
          fileBytes,
          peers: count,
          seedUpBytesPerSecond: seedUp,
          downBytesPerSecond: down,
        });
        // microseconds are what the report tells
        expect(Math.abs(completion.last! - bound)).toBeLessThan(1e-6 + 1e-9 * bound);
      }),
      { numRuns: 100 },
    );
  });
});

describe('one peer', () => {
  it.each([
    [2 * MB, 20 * MB],
    [20 * MB, 2 * MB],
    [5 * MB, 5 * MB],
  ])('takes F / min(u_s, d): seed %i, down %i', (seedUp, down) => {
    const fileBytes = 100 * 256 * KIB - 17;
    for (const profile of ['classic', 'cluster'] as const) {
      const { completion } = simulate({ fileBytes, groups: peers(1, { down }), seedUp, profile });
      expect(completion.last).toBeCloseTo(fileBytes / Math.min(seedUp, down), 5);
    }
  });
});

describe('the profile `cluster` with equal rates', () => {
  // Worst of these on 2026-11-22: 1.088 times the bound, with 64 peers.
  it.each([
    [2, 128],
    [8, 256],
    [16, 256],
    [64, 256],
  ])('%i peers and %i pieces come within a tenth of the discrete bound', (count, pieces) => {
    for (const seed of [1, 2, 3]) {
      const { ratio } = simulate({
        fileBytes: pieces * 256 * KIB,
        groups: peers(count),
        seedUp: 2 * MB,
        profile: 'cluster',
        seed,
      });
      expect(ratio.discrete.last).toBeLessThan(1.1);
    }
  });
});
