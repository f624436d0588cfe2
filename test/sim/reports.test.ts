/** A report is what its seed says, whatever computes it. */
import { describe, expect, it } from 'vitest';
import { type PeerGroup, type Scenario, simulate } from '../../src/sim/index.js';
import { createWasmMachines } from './machines.js';

const KIB = 1024;
const MB = 1_000_000;

const group = (name: string, peers: number, rest: Partial<PeerGroup> = {}): PeerGroup => ({
  name,
  peers,
  up: 1 * MB,
  down: 8 * MB,
  ...rest,
});

/** A bit of everything that a scenario can say. */
const busy = (fidelity: 'piece' | 'block'): Scenario => ({
  fileBytes: 40 * 64 * KIB - 5000,
  pieceLength: 64 * KIB,
  fidelity,
  neighbours: 12,
  latencyMs: 5,
  seedUp: 1 * MB,
  groups: [
    group('early', 12, { up: [1 * MB, 2 * MB], leavers: 0.5 }),
    group('late', 8, {
      arrivals: { kind: 'poisson', perSecond: 2 },
      aborts: 0.25,
      returns: 0.25,
      awayMs: 3000,
    }),
    group('free riders', 3, { freeRider: true, departure: { kind: 'linger', forMs: 1000 } }),
    group('liars', 1, { liar: true }),
  ],
});

const wasm = createWasmMachines();

describe.each(['piece', 'block'] as const)('fidelity %s', fidelity => {
  const run = (seed: number) => JSON.stringify(simulate({ ...busy(fidelity), seed }));

  it('the same seed gives the same bytes, another seed others', () => {
    expect(run(1)).toBe(run(1));
    expect(run(1)).not.toBe(run(2));
  });

  it.skipIf(wasm === undefined)('the compiled kernels give the bytes of those in TypeScript', () => {
    for (const seed of [1, 2, 3])
      expect(JSON.stringify(simulate({ ...busy(fidelity), seed }, { createMachine: wasm }))).toBe(run(seed));
  });

  it('everybody who stays gets the file, liars and free riders or not', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { groups, survived, wastedBytes } = simulate({ ...busy(fidelity), seed });
      const complete = groups.map(({ complete }) => complete);
      expect(complete).toEqual([12, 6, 3, 1]);
      expect(survived).toBe(true);
      expect(wastedBytes).toBeGreaterThan(0);
    }
  });
});
