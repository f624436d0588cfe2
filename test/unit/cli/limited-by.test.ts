import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatLimitedBy, roundLimitedBy } from '../../../src/cli/limited-by.js';

const NONE = { choke: 0, window: 0, remote: 0, localCap: 0, disk: 0, hash: 0, memory: 0, cpu: 0 };

describe('formatLimitedBy', () => {
  it('has the largest share first, and none below 1 %', () => {
    const limitedBy = { ...NONE, cpu: 0.198, remote: 0.708, localCap: 0.085, disk: 0.009 };
    expect(formatLimitedBy(limitedBy)).toBe('remote 71 %, cpu 20 %, local cap 9 %');
  });

  it('keeps what there is room for', () => {
    const limitedBy = { ...NONE, cpu: 0.2, remote: 0.7, hash: 0.1 };
    expect(formatLimitedBy(limitedBy, 22)).toBe('remote 70 %, cpu 20 %');
    expect(formatLimitedBy(limitedBy, 20)).toBe('remote 70 %');
  });

  it('says nothing of what was not measured', () => {
    expect(formatLimitedBy(NONE)).toBe('-');
    expect(formatLimitedBy(undefined)).toBe('-');
  });
});

describe('roundLimitedBy', () => {
  it('leaves nothing as it is', () => {
    expect(roundLimitedBy(NONE)).toEqual(NONE);
    expect(roundLimitedBy(undefined)).toBe(null);
  });

  it('keeps the sum at 1, each share within its rounding, the largest within that of all', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 8, maxLength: 8 }), weights => {
        const total = weights.reduce((sum, weight) => sum + weight);
        fc.pre(total > 0);
        const causes = Object.keys(NONE) as (keyof typeof NONE)[];
        const limitedBy = { ...NONE };
        causes.forEach((cause, i) => {
          limitedBy[cause] = weights[i] / total;
        });
        const rounded = roundLimitedBy(limitedBy)!;
        const thousandths = causes.map(cause => 1000 * rounded[cause]);
        expect(Math.round(thousandths.reduce((sum, part) => sum + part))).toBe(1000);
        causes.forEach((cause, i) => {
          expect(thousandths[i]).toBeCloseTo(Math.round(thousandths[i]), 6);
          expect(Math.abs(rounded[cause] - limitedBy[cause])).toBeLessThanOrEqual(0.004);
        });
      }),
    );
  });
});
