/** The two fidelities tell the same story: flows of pieces are what the messages of the wire come to. */
import { describe, expect, it } from 'vitest';
import { type Scenario, simulate } from '../../src/sim/index.js';

const KIB = 1024;
const MB = 1_000_000;

const swarm = (peers: number, pieces: number, rest: Partial<Scenario> = {}): Scenario => ({
  fileBytes: pieces * 256 * KIB,
  groups: [{ name: 'peers', peers, up: 2 * MB, down: 20 * MB }],
  seedUp: 2 * MB,
  ...rest,
});

const SCENARIOS: Record<string, Scenario> = {
  'client–server': swarm(10, 64, { profile: 'client-server' }),
  'one peer': swarm(1, 64),
  'eight peers': swarm(8, 128),
  'sixteen peers': swarm(16, 128),
  'thirty peers': swarm(30, 128),
  'a block in turn for everybody': swarm(16, 256, { uplink: 'fair' }),
  'unequal rates': swarm(16, 128, {
    groups: [{ name: 'peers', peers: 16, up: [1 * MB, 2 * MB, 4 * MB], down: 20 * MB }],
  }),
  'peers that come one after another': swarm(12, 64, {
    groups: [
      { name: 'peers', peers: 12, up: 2 * MB, down: 20 * MB, arrivals: { kind: 'poisson', perSecond: 1 } },
    ],
  }),
};

describe.each(Object.entries(SCENARIOS))('%s', (_name, scenario) => {
  it('takes as long in blocks as in pieces, within 5 %', () => {
    const piece = mean(scenario, 'piece');
    const block = mean(scenario, 'block');
    expect(piece.median / block.median).toBeGreaterThan(0.95);
    expect(piece.median / block.median).toBeLessThan(1.05);
    expect(piece.last / block.last).toBeGreaterThan(0.95);
    expect(piece.last / block.last).toBeLessThan(1.05);
  });
});

/** Over a few seeds: what luck does to one run is not what the two have in common. */
function mean(scenario: Scenario, fidelity: 'piece' | 'block'): { median: number; last: number } {
  const runs = [1, 2, 3].map(seed => simulate({ ...scenario, fidelity, seed }).completion);
  const of = (key: 'median' | 'last') => runs.reduce((sum, run) => sum + run[key]!, 0) / runs.length;
  return { median: of('median'), last: of('last') };
}
