import { describe, expect, it } from 'vitest';
import {
  barChart,
  cdfChart,
  cdfPoints,
  type LineChart,
  label,
  lineChart,
  stack,
  timeUnit,
} from '../../../../src/cli/charts/index.js';

/** What a reader sees: the texts of a chart. */
function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
}

/** Curves as lists of pixels, in the order of the series; they alone are clipped to the axes. */
function curvesOf(svg: string): [number, number][][] {
  return [...svg.matchAll(/<g clip-path[^>]*>\s*<path d="([^"]*)"[^>]*stroke-width="2"/g)].map(([, d]) =>
    [...d.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]),
  );
}

const chart: LineChart = {
  title: 'Time over peers',
  subtitle: 'of a swarm',
  x: { name: 'peers', whole: true, max: 100 },
  y: { name: 'time', unit: 's' },
  series: [
    { name: 'straight', points: [10, 50, 100].map(x => [x, x]) },
    {
      name: 'flat',
      points: [10, 100].map(x => [x, 20]),
      dashed: true,
      band: [10, 100].map(x => [x, 15, 25]),
    },
    { name: 'seen', points: [[50, 30]], marks: 'only', whiskers: [{ min: 25, max: 40 }] },
  ],
};

describe('line chart', () => {
  it('has title, axes with units, ticks and a legend', () => {
    const texts = textsOf(lineChart(chart));
    for (const text of [
      'Time over peers',
      'of a swarm',
      'peers',
      'time (s)',
      '100',
      'straight',
      'flat',
      'seen',
    ])
      expect(texts).toContain(text);
  });

  it('stands on a background of its own, so that it can be read on any page', () => {
    expect(lineChart(chart)).toMatch(/<rect width="860" height="440"[^>]*fill="#FFFFFF"/);
  });

  it('draws lines, dashes, dots, whiskers and bands', () => {
    const svg = lineChart(chart);
    const [straight] = curvesOf(svg);
    expect(straight.length).toBe(3);
    const [[x0, y0], [x1, y1], [x2, y2]] = straight;
    expect((y1 - y0) / (x1 - x0)).toBeCloseTo((y2 - y1) / (x2 - x1), 2);
    expect(svg).toContain('stroke-dasharray');
    expect(svg).toContain('fill-opacity="0.18"');
    expect(svg.match(/stroke-width="1.3"/g)?.length).toBe(3); // of a whisker
    const dots = (text: string) => text.match(/<path[^>]*fill="#009E73"/g)?.length;
    expect(dots(svg)).toBe(2); // one in the legend
  });

  it('gives the same bytes again, whatever was drawn between', () => {
    const first = lineChart(chart);
    barChart({ title: 'Bars', unit: 's', groups: ['a'], series: [{ name: 'one', values: [1] }] });
    expect(lineChart(chart)).toBe(first);
  });

  it('leaves out what an axis cannot show', () => {
    const points: [number, number][] = [
      [0, 5],
      [1, 0],
      [10, 10],
      [100, 100],
      [1000, Number.NaN],
      [10_000, 1000],
    ];
    const svg = lineChart({
      title: 'Log',
      x: { name: 'x', log: true },
      y: { name: 'y', log: true },
      series: [{ name: 'a', points }],
    });
    expect(svg).not.toMatch(/NaN|Infinity/);
    expect(textsOf(svg)).toEqual(expect.arrayContaining(['1', '10', '100', '1000', '10k']));
    expect(curvesOf(svg)[0].length).toBeLessThanOrEqual(3);
  });

  it('writes names as text, whatever is in them', () => {
    const svg = lineChart({ ...chart, title: '<script>&"zr1-' });
    expect(svg).toContain('&lt;script&gt;&amp;');
    expect(svg).not.toContain('<script');
  });

  it('makes room for a legend of several rows', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, i) => ({
        name: `a series with a long name ${i}`,
        points: chart.series[0].points,
      }));
    const topOf = (count: number) =>
      Math.min(...curvesOf(lineChart({ ...chart, series: many(count) }))[0].map(([, y]) => y));
    expect(topOf(3)).toBeLessThan(topOf(5));
  });
});

describe('CDF chart', () => {
  it('steps up at each value', () => {
    expect(cdfPoints([3, 1, 2, 2])).toEqual([
      [0, 0],
      [1, 25],
      [2, 50],
      [2, 75],
      [3, 100],
    ]);
    expect(cdfPoints([2, 1], 4, 10)).toEqual([
      [0, 0],
      [1, 25],
      [2, 50],
      [10, 50],
    ]);
    expect(cdfPoints([], 4, 10)).toEqual([
      [0, 0],
      [10, 0],
    ]);
  });

  it('is drawn in right angles up to 100 %', () => {
    const svg = cdfChart({
      title: 'Completion',
      x: { name: 'time', unit: 's' },
      share: 'peers that are complete',
      series: [
        { name: 'classic', values: [1, 2, 4] },
        { name: 'cluster', values: [1], of: 2 },
      ],
    });
    expect(textsOf(svg)).toEqual(expect.arrayContaining(['peers that are complete (%)', '100', 'classic']));
    const [classic, cluster] = curvesOf(svg);
    for (const curve of [classic, cluster])
      curve.slice(1).forEach(([x, y], i) => {
        expect(x === curve[i][0] || y === curve[i][1]).toBe(true);
      });
    const top = (curve: [number, number][]) => Math.min(...curve.map(([, y]) => y));
    expect(top(cluster)).toBeGreaterThan(top(classic));
    expect(cluster.at(-1)![0]).toBe(classic.at(-1)![0]);
  });
});

describe('marks of a CDF chart', () => {
  it('are dashed lines from bottom to top, with names', () => {
    const svg = cdfChart({
      title: 'Completion',
      share: 'peers',
      x: { name: 'time', unit: 's', max: 10 },
      series: [{ name: 'all', values: [1, 8] }],
      marks: [{ name: 'bound', at: 5 }],
    });
    const [[x0, bottom], [x1, top]] = curvesOf(svg)[1];
    expect(textsOf(svg)).toContain('bound');
    expect(x1).toBe(x0);
    expect(x0).toBe((84 + 820) / 2);
    expect(bottom).toBeGreaterThan(top + 200);
  });
});

describe('stack', () => {
  it('puts charts one below the other, each with ids of its own', () => {
    const svg = stack([lineChart(chart), lineChart({ ...chart, size: { width: 900, height: 300 } })]);
    expect(svg).toMatch(/^<svg [^>]*width="900" height="740"/);
    expect([...svg.matchAll(/<svg y="(\d+)"/g)].map(([, y]) => Number(y))).toEqual([0, 440]);
    const ids = [...svg.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(ids.length).toBeGreaterThan(1);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of svg.matchAll(/url\(#([^)]+)\)/g)) expect(ids).toContain(id);
  });
});

describe('unit of a time axis', () => {
  it('grows with the time', () => {
    expect([1, 179, 180, 10_799, 10_800, 259_199, 259_200].map(seconds => timeUnit(seconds).unit)).toEqual([
      's',
      's',
      'minutes',
      'minutes',
      'hours',
      'hours',
      'days',
    ]);
  });
});

describe('bar chart', () => {
  it('takes numbers and medians, and draws no bar where there is none', () => {
    const svg = barChart({
      title: 'Speed',
      unit: 'MB/s',
      groups: ['first', 'second'],
      series: [
        { name: 'wasm', values: [100, { median: 150, min: 120, max: 200 }] },
        { name: 'js', values: [50, undefined] },
      ],
    });
    const texts = textsOf(svg);
    for (const text of ['Speed', 'MB/s', 'first', 'second', 'wasm', 'js', '100', '150', '50'])
      expect(texts).toContain(text);
    expect(svg.match(/<path[^>]*fill="#E69F00"/g)?.length).toBe(2); // a bar, and the legend's sign
  });
});

it('labels are short', () => {
  expect([0, 0.25, 150, 1500, 12_500, 1e6, 2.5e9].map(label)).toEqual([
    '0',
    '0.25',
    '150',
    '1500',
    '12.5k',
    '1M',
    '2.5G',
  ]);
});
