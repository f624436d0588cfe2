import { describe, expect, it } from 'vitest';
import { loadBench } from './load.js';

const { bestOf, comparable, compare, makeBaseline, partsOf } = await loadBench('lib/baseline.mjs');

const ratio = (id: string, value: number, better = 'higher', tolerance: number | undefined = 0.25) => ({
  id,
  value,
  unit: 'x',
  better,
  tolerance,
});

const run = (figures: object[]) => ({
  date: '2026-01-31',
  samples: 3,
  machine: { commit: 'abc', node: '20.19.0', cpu: 'one', cores: 2, flags: [] },
  parts: [
    { name: 'kernels', result: { figures } },
    { name: 'wire', error: 'it failed' },
  ],
});

describe('baseline', () => {
  const baseline = makeBaseline(
    run([
      ratio('kernels.a', 2),
      ratio('kernels.b', 10, 'lower'),
      ratio('loopback.c', 0.5),
      { ...ratio('kernels.speed', 1e9), tolerance: undefined },
    ]),
  );

  it('keeps only figures that have a tolerance', () => {
    expect(baseline.figures).toEqual({
      'kernels.a': { value: 2, better: 'higher', tolerance: 0.25 },
      'kernels.b': { value: 10, better: 'lower', tolerance: 0.25 },
      'loopback.c': { value: 0.5, better: 'higher', tolerance: 0.25 },
    });
    expect(baseline.made).toMatchObject({ date: '2026-01-31', commit: 'abc', samples: 3 });
  });

  const verdicts = (figures: object[], cores = 2) =>
    Object.fromEntries(
      compare(figures, baseline, cores).map(({ id, verdict }: { id: string; verdict: string }) => [
        id,
        verdict,
      ]),
    );

  it('is strict beyond the tolerance, in the right direction', () => {
    expect(verdicts([ratio('kernels.a', 1.51), ratio('kernels.b', 12.4), ratio('loopback.c', 0.5)])).toEqual({
      'kernels.a': 'ok',
      'kernels.b': 'ok',
      'loopback.c': 'ok',
    });
    expect(verdicts([ratio('kernels.a', 1.49), ratio('kernels.b', 12.6), ratio('loopback.c', 0.7)])).toEqual({
      'kernels.a': 'worse',
      'kernels.b': 'worse',
      'loopback.c': 'better',
    });
  });

  it('compares nothing that is not there, new, or bound to another number of cores', () => {
    expect(verdicts([ratio('kernels.a', 2), ratio('kernels.z', 1), ratio('loopback.c', 0.1)], 8)).toEqual({
      'kernels.a': 'ok',
      'kernels.b': 'not compared',
      'kernels.z': 'new',
      'loopback.c': 'not compared',
    });
  });

  it('takes the better of two runs', () => {
    const first = [ratio('kernels.a', 1), ratio('kernels.b', 9, 'lower'), ratio('wire.x', 4)];
    const second = [ratio('kernels.a', 2), ratio('kernels.b', 12, 'lower')];
    expect(bestOf(first, second).map(({ value }: { value: number }) => value)).toEqual([2, 9, 4]);
    expect(partsOf(['kernels.a', 'kernels.b', 'wire.x'])).toEqual(['kernels', 'wire']);
    expect(comparable(run([ratio('kernels.a', 1)]))).toHaveLength(1);
  });
});
