import { describe, expect, it } from 'vitest';
import { loadBench } from './load.js';

const { judge, targetTable } = await loadBench('lib/judge.mjs');
const { TARGETS } = await loadBench('targets.mjs');

const figure = (id: string, value: number) => ({ id, value, unit: 'x', better: 'higher' });
const runOf = (figures: object[], quick = false) => ({
  quick,
  parts: [
    { name: 'loopback', result: { figures } },
    { name: 'wire', error: 'it broke' },
  ],
});

const targets = [
  { what: 'speed', figure: 'loopback.speed', atLeast: 2 },
  { what: 'memory', figure: 'loopback.memory', atMost: 220, unit: 'MB', scale: 1e6 },
  { what: 'messages', figure: 'wire.messages', atLeast: 1 },
  { what: 'peers', figure: 'peers.speed', atLeast: 1 },
];

describe('targets', () => {
  it('judges by the bound, in the unit of the target', () => {
    const verdicts = (speed: number, memory: number) =>
      judge(runOf([figure('loopback.speed', speed), figure('loopback.memory', memory)]), targets).map(
        ({ verdict }: { verdict: string }) => verdict,
      );
    expect(verdicts(2, 220e6)).toEqual(['met', 'met', 'not measured']);
    expect(verdicts(1.99, 221e6)).toEqual(['not met', 'not met', 'not measured']);
    expect(verdicts(Number.NaN, 1)).toEqual(['not measured', 'met', 'not measured']);
  });

  it('prints what is not met with its figure, and leaves out parts that did not run', () => {
    const found = { ...figure('loopback.memory', 300e6), min: 290e6, max: 310e6 };
    const table = targetTable(judge(runOf([figure('loopback.speed', 3), found]), targets));
    expect(table.title).toBe('Targets: 1 of 3 met, 1 not measured');
    expect(table.rows).toEqual([
      ['speed', '≥ 2 ×', '3.00', 'met'],
      ['memory', '≤ 220 MB', '300 (290 to 310)', 'not met'],
      ['messages', '≥ 1 ×', '', 'not measured'],
    ]);
  });

  it('are not judged by a quick run', () => {
    expect(judge(runOf([figure('loopback.speed', 3)], true), targets)).toEqual([]);
  });

  it('name a figure once and have one bound each', () => {
    for (const { figure, atLeast, atMost } of TARGETS)
      expect(
        [atLeast, atMost].filter(bound => bound !== undefined),
        figure,
      ).toHaveLength(1);
    expect(new Set(TARGETS.map((target: { figure: string }) => target.figure)).size).toBe(TARGETS.length);
  });
});
