/** The page on swarms says what the simulator says: its text, its charts, and the first run of every cheap scenario. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as draw from '../../../src/cli/charts/index.js';
import { loadBench } from '../../unit/bench/load.js';
import { FINDINGS, figures, measured, page } from './run.js';

const { newcomersScenario } = await loadBench('swarm/findings/newcomers.mjs');
const text = (url: URL) => readFileSync(url, 'utf8');
const HINT = 'run node bench/swarm/findings.mjs';

describe('docs/swarm-science.md', () => {
  it('is written from the figures', () => {
    expect(page.renderPage(text(page.PAGE), figures), HINT).toBe(text(page.PAGE));
    expect(page.renderFigures(figures)).toBe(text(page.FIGURES));
    expect(page.renderScenario(newcomersScenario(30_000))).toBe(text(page.NEWCOMERS));
  });

  it('shows charts of the figures, and each of them', () => {
    const charts: Record<string, string> = page.renderCharts(figures, draw);
    for (const [name, svg] of Object.entries(charts)) {
      expect(svg === text(page.chartUrl(name)), `${name}.svg: ${HINT}`).toBe(true);
      expect(text(page.PAGE)).toContain(`(swarm-science/${name}.svg)`);
    }
  });

  it.each(FINDINGS)('has a figure for each run of $name', ({ name, cases }) => {
    const runs = (of: readonly { name: string; seeds?: number }[]) =>
      of.map(one => [one.name, one.seeds ?? 1]);
    expect(Object.entries(figures[name]).map(([of, all]) => [of, all.length])).toEqual(runs(cases));
  });

  it.each(FINDINGS)('states for $name what the simulator gives', finding => {
    const names = finding.cases.filter(({ quick }) => quick).map(({ name }) => name);
    const now = measured(finding, { seeds: 1, names });
    expect(names.length).toBeGreaterThan(0);
    for (const name of names)
      expect(now[name][0], `${name}: ${HINT}`).toEqual(figures[finding.name][name][0]);
  });
});
