/** A real swarm takes as long as the simulator says. */
import { describe, expect, it } from 'vitest';
import { openStage } from '../lib/e2e-stage.js';
import { loadBench } from '../unit/bench/load.js';

const { runReal, runVirtual } = await loadBench('swarm/agree.mjs');

const KIB = 1024;
const MB = 1_000_000;

describe('six processes and six simulated peers', () => {
  it.each([
    ['equal rates', [1 * MB]],
    ['unequal rates', [1 * MB, 2 * MB, 4 * MB]],
  ])('%s: median and last agree within a tenth', async (name, up) => {
    const stage = await openStage();
    const small = {
      ...{ name, leechers: 6, fileBytes: 12 * KIB * KIB, pieceLength: 64 * KIB },
      ...{ seedUp: 1 * MB, up, down: 10 * MB, profile: 'classic' as const },
    };
    const real = await runReal(small, stage.path(''));
    const virtual = runVirtual(small);
    expect(Math.abs(real.median / virtual.median! - 1)).toBeLessThan(0.1);
    expect(Math.abs(real.last / virtual.last! - 1)).toBeLessThan(0.1);
  });
});
