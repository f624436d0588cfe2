import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadBench } from './load.js';

const { barChart, label, lineChart } = await loadBench('lib/charts.mjs');
const { reportName, writeReport } = await loadBench('lib/report.mjs');
const { bestRate } = await loadBench('loopback/limit.mjs');
const { parseUsage } = await loadBench('lib/usage.mjs');

const summary = (median: number) => ({ median, min: median * 0.9, max: median * 1.1, samples: 5 });
const svg = barChart({
  title: 'Speed of things',
  unit: 'MB/s',
  groups: ['first', 'second'],
  series: [
    { name: 'wasm', values: [summary(100), summary(200)] },
    { name: 'js', values: [summary(50), undefined] },
  ],
});

const run = {
  date: '2026-01-31',
  machine: {
    label: 'linux-x64-some-cpu-2-cores',
    commit: 'abcdef123456',
    node: '20.19.0',
    system: 'linux x64',
    cpu: 'Some CPU',
    cores: 2,
    memoryGiB: 8,
    flags: ['sha_ni', 'wasm-simd'],
    shaExtensions: true,
  },
  quick: true,
  samples: 3,
  inMemory: true,
  allParts: ['kernels', 'wire', 'loopback'],
  parts: [
    {
      name: 'kernels',
      seconds: 2.5,
      result: {
        title: 'Kernels',
        method: ['How it was done.'],
        tables: [{ title: 'Speed', columns: ['what', 'MB/s'], rows: [['a', '1']] }],
        charts: [{ name: 'kernels-speed', title: 'Speed of things', svg }],
        figures: [{ id: 'kernels.a', value: 1, unit: 'x', better: 'higher' }],
        data: { raw: [1] },
      },
    },
    { name: 'wire', seconds: 1, error: 'Error: it broke\n  at somewhere' },
  ],
};

describe('charts', () => {
  it('draws bars with whiskers, figures, names and a legend', () => {
    expect(svg).toMatch(/^<svg /);
    for (const text of ['Speed of things', 'MB/s', 'first', 'second', 'wasm', 'js', '>100<', '>200<', '>50<'])
      expect(svg).toContain(text);
    expect(svg).not.toContain('dominant-baseline'); // not every program that shows SVG knows it
  });

  it('draws lines on logarithmic axes with their fits', () => {
    const lines = lineChart({
      title: 'Growth',
      xTitle: 'pieces',
      yTitle: 'µs',
      log: true,
      series: [
        {
          name: 'pick',
          points: [1e3, 1e6].map(x => [x, x / 100]),
          spread: [summary(10), summary(10_000)],
          fit: { factor: 0.01, exponent: 1 },
        },
      ],
    });
    for (const text of ['Growth', 'pieces', 'µs', 'exponent 1.00', '>1M<']) expect(lines).toContain(text);
  });

  it('shortens the figures of an axis', () => {
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
});

describe('report', () => {
  it('is named by date, machine, and what it lacks', () => {
    expect(reportName(run)).toBe('2026-01-31-linux-x64-some-cpu-2-cores-kernels-wire-quick');
    expect(reportName({ ...run, quick: false, allParts: ['kernels', 'wire'] })).toBe(
      '2026-01-31-linux-x64-some-cpu-2-cores',
    );
  });

  it('has the machine, the tables, the charts, and what failed', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'millrace-test-'));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    const path = await writeReport(run, dir);
    const name = reportName(run);
    expect(path).toBe(join(dir, `${name}.md`));
    expect((await readdir(dir)).sort()).toEqual([name, `${name}.json`, `${name}.md`]);
    expect(await readdir(join(dir, name))).toEqual(['kernels-speed.svg']);

    const markdown = await readFile(path, 'utf8');
    for (const text of ['abcdef123456', '20.19.0', 'Some CPU', 'sha_ni, wasm-simd', '3 rounds', '`--quick`'])
      expect(markdown).toContain(text);
    expect(markdown).toContain('| a | 1 |');
    expect(markdown).toContain(`![Speed of things](${name}/kernels-speed.svg)`);
    expect(markdown).toContain('Failed after 1 s: Error: it broke\n');

    expect(markdown).not.toContain('Must reach'); // a quick run is not judged

    const json = JSON.parse(await readFile(join(dir, `${name}.json`), 'utf8'));
    expect(json).toMatchObject({ schema: 1, quick: true, parts: { kernels: { data: { raw: [1] } } } });
    expect(json.parts.kernels.figures[0].id).toBe('kernels.a');
    expect(json.parts.wire.error).toContain('it broke');
  });
});

describe('report of a full run', () => {
  it('begins with what it must reach', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'millrace-test-'));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    const path = await writeReport({ ...run, quick: false }, dir);
    const markdown = await readFile(path, 'utf8');
    expect(markdown.indexOf('## Must reach')).toBeGreaterThan(0);
    expect(markdown.indexOf('## Must reach')).toBeLessThan(markdown.indexOf('## Kernels'));
    expect(markdown).toMatch(/\| SHA-1 by wasm against js \| ≥ 6 × \| {2}\| not measured \|/);
    const { targets } = JSON.parse(await readFile(path.replace(/md$/, 'json'), 'utf8'));
    expect(targets[0]).toMatchObject({ verdict: 'not measured' });
  });
});

describe('limit of the machine', () => {
  const stage = (cpu: number, wall = cpu) => ({ cpu, wall });
  const stages = (tcpWall: number) => ({
    read: stage(0.2),
    send: stage(0.3, tcpWall),
    receive: stage(0.3, tcpWall),
    hash: stage(0.8),
    write: stage(0.4),
  });

  it('is all CPU over all cores, or the one connection', () => {
    expect(bestRate(stages(0.4), 2)).toBeCloseTo(1); // 2 s of CPU on 2 cores
    expect(bestRate(stages(0.4), 1)).toBeCloseTo(0.5);
    expect(bestRate(stages(0.4), 64)).toBeCloseTo(1 / 0.4);
  });
});

describe('usage of a process', () => {
  it('is read from what the kernel tells, whatever the name of the program', () => {
    const stat = '7 (a) b (c)) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 11 0 5 0 0';
    const status = 'Name:\ta\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n';
    expect(parseUsage(stat, status)).toEqual({
      cpuSeconds: 3,
      peakBytes: 2048 * 1024,
      rssBytes: 1024 * 1024,
    });
  });
});
