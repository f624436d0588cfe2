import { describe, expect, it } from 'vitest';
import { loadBench } from './load.js';

const { fitLine, fitPower, inUnits, median, quantile, summarize } = await loadBench('lib/stats.mjs');

describe('median and quantiles', () => {
  it('interpolates between the samples next to it', () => {
    expect(median([5])).toBe(5);
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(quantile([10, 20, 30, 40, 50], 0.25)).toBe(20);
    expect(quantile([10, 20], 0.9)).toBeCloseTo(19);
    expect(quantile([3, 1, 2], 0)).toBe(1);
    expect(quantile([3, 1, 2], 1)).toBe(3);
  });

  it('leaves the samples as they are, and wants one', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
    expect(() => median([])).toThrow(RangeError);
  });

  it('tells the whole spread, in any unit', () => {
    const summary = summarize([2000, 1000, 9000]);
    expect(summary).toEqual({ median: 2000, min: 1000, max: 9000, samples: 3 });
    expect(inUnits(summary, 1000)).toEqual({ median: 2, min: 1, max: 9, samples: 3 });
  });
});

describe('fits', () => {
  it('finds the exponent of a power law', () => {
    const points = [1, 10, 100, 500].map(x => [x, 3 * x ** 0.75]);
    const { exponent, factor, r2 } = fitPower(points);
    expect(exponent).toBeCloseTo(0.75);
    expect(factor).toBeCloseTo(3);
    expect(r2).toBeCloseTo(1);
  });

  it('takes the least squares of noisy points', () => {
    // by hand: mean x 2, mean y 3, sum dx*dy 4, sum dx*dx 2
    expect(
      fitLine([
        [1, 1],
        [2, 3],
        [3, 5],
      ]),
    ).toEqual({ slope: 2, intercept: -1, r2: 1 });
    expect(
      fitLine([
        [0, 0],
        [1, 2],
        [2, 1],
      ]).slope,
    ).toBeCloseTo(0.5);
  });

  it('wants two different places', () => {
    expect(() =>
      fitLine([
        [2, 1],
        [2, 5],
      ]),
    ).toThrow(RangeError);
  });
});
