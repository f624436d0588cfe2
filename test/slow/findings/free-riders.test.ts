/** Finding 3: tit for tat makes 20 free riders of 100 peers wait, as long as there is something to earn. */
import { describe, expect, it } from 'vitest';
import { findingOf, measured } from './run.js';

const finding = findingOf('free-riders');
const { factors, seconds } = finding.conclude(measured(finding, { seeds: 2 }));

describe('free riders finish later than contributors', () => {
  it.each([
    ['contributors stay', 1.15, 1.3],
    ['half leave when complete', 1.25, 1.45],
    ['all leave when complete', 2, 4.5],
  ])('%s: by a factor of %f to %f', (name, least, most) => {
    expect(factors[name].min).toBeGreaterThan(least);
    expect(factors[name].max).toBeLessThan(most);
  });
});

describe('they do not', () => {
  it('when nobody is choked', () => {
    expect(factors['nobody is choked'].max).toBeLessThan(1.05);
  });

  it('when the seed is the limit; then everybody pays', () => {
    // who the seed's last pieces go to is luck: 1.00 to 1.12 in five runs, 1.03 in the middle
    expect(factors['the seed is the limit'].median).toBeLessThan(1.1);
    expect(factors['the seed is the limit'].max).toBeLessThan(factors['contributors stay'].min);
    const alone = seconds['contributors alone, the seed is the limit'];
    expect(seconds['the seed is the limit']).toBeGreaterThan(1.08 * alone);
  });
});
