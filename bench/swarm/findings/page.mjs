// docs/swarm-science.md: what stands between the markers of a finding is what its figures say.
import { churn } from './churn.mjs';
import { fidelities } from './fidelities.mjs';
import { freeRiders } from './free-riders.mjs';
import { newcomers } from './newcomers.mjs';
import { picking } from './picking.mjs';
import { selfScaling } from './self-scaling.mjs';
import { sensitivity } from './sensitivity.mjs';

/** @type {readonly import('./measure.mjs').Finding[]} */
export const FINDINGS = [selfScaling, picking, freeRiders, newcomers, churn, sensitivity, fidelities];

const DOCS = new URL('../../../docs/', import.meta.url);
export const PAGE = new URL('swarm-science.md', DOCS);
export const FIGURES = new URL('swarm-science/figures.json', DOCS);
/** The scenario that no options can say, as a file for `millrace simulate`. */
export const NEWCOMERS = new URL('swarm-science/newcomers.json', DOCS);
export const chartUrl = name => new URL(`swarm-science/${name}.svg`, DOCS);

/** @typedef {Record<string, import('./measure.mjs').Results>} Figures results of each finding */

/**
 * @param {string} page what is there
 * @param {Figures} figures
 * @throws {Error} when a finding has no place on the page
 */
export function renderPage(page, figures) {
  for (const { name, text } of FINDINGS) {
    const [begin, end] = [`<!-- ${name}: made by bench/swarm/findings.mjs -->`, `<!-- end of ${name} -->`];
    const [from, to] = [page.indexOf(begin), page.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`no place for ${name} on the page`);
    page = `${page.slice(0, from + begin.length)}\n\n${text(figures[name])}\n\n${page.slice(to)}`;
  }
  return page;
}

/**
 * @param {Figures} figures
 * @param {typeof import('../../../dist/cli/charts/index.js')} draw
 * @returns {Record<string, string>} SVG by name
 */
export function renderCharts(figures, draw) {
  return Object.assign({}, ...FINDINGS.map(({ name, charts }) => charts(figures[name], draw)));
}

/** A line for each run, so that a change of the simulator reads as one. @param {Figures} figures */
export function renderFigures(figures) {
  const block = (name, indent, body) => `${indent}${JSON.stringify(name)}: ${body}`;
  const findings = Object.entries(figures).map(([name, results]) => {
    const cases = Object.entries(results).map(([of, runs]) =>
      block(of, '    ', `[\n${runs.map(run => `      ${JSON.stringify(run)}`).join(',\n')}\n    ]`),
    );
    return block(name, '  ', `{\n${cases.join(',\n')}\n  }`);
  });
  return `{\n${findings.join(',\n')}\n}\n`;
}

/** @param {import('./swarms.mjs').Scenario} scenario */
export function renderScenario(scenario) {
  return `${JSON.stringify(scenario, undefined, 2)}\n`;
}
