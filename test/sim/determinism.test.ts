/** A seed reproduces a run to the last event, whatever computes it. */
import { expect, it } from 'vitest';
import { VirtualSwarm } from '../../src/sim/block/virtual-swarm.js';
import type { MachineFactory } from '../../src/sim/machine.js';
import { createWasmMachines } from './machines.js';

/** A bit of everything: churn, a liar, different rates, few slots. */
function run(seed: number, createMachine?: MachineFactory) {
  const swarm = new VirtualSwarm({
    seed,
    createMachine,
    latencyMs: (a, b) => 5 + ((a.number * 7 + b.number * 3) % 11),
  });
  swarm.join(swarm.add({ have: 'all', upBytesPerSecond: 300_000 }));
  swarm.join(swarm.add({ payload: (range, good) => (range.piece % 5 === 0 ? good.fill(0) : good) }));
  const leechers = [1, 2, 3, 4, 5, 6].map(n =>
    swarm.join(swarm.add({ slots: 2, upBytesPerSecond: n * 100_000 })),
  );
  swarm.runUntil(() => leechers[3].core.picker.haveCount >= 5, 60_000);
  leechers[3].leave();
  swarm.run(2000);
  swarm.join(leechers[3]);
  expect(swarm.runUntil(() => leechers.every(peer => peer.complete), 200_000)).toBe(true);
  swarm.finish();
  return `${swarm.digest.events} ${swarm.digest.hex}`;
}

it('the same seed gives the same run, another seed another', () => {
  expect(run(1)).toBe(run(1));
  expect(run(1)).not.toBe(run(2));
});

const wasm = createWasmMachines();
it.skipIf(wasm === undefined)('the compiled kernels decide like those in TypeScript', () => {
  expect(run(3, wasm)).toBe(run(3));
});
