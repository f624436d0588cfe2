// Runs the scenarios of docs/swarm-science.md and writes their figures, charts and sentences.
//
//   node bench/swarm/findings.mjs             all of them
//   node bench/swarm/findings.mjs churn       one, the others as they were
//   node bench/swarm/findings.mjs --draw      page and charts anew, from the figures that are there
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import * as draw from '../../dist/cli/charts/index.js';
import { createWasmMachines, simulate } from '../../dist/sim/index.js';
import { measure } from './findings/measure.mjs';
import { newcomersScenario } from './findings/newcomers.mjs';
import {
  chartUrl,
  FIGURES,
  FINDINGS,
  NEWCOMERS,
  PAGE,
  renderCharts,
  renderFigures,
  renderPage,
  renderScenario,
} from './findings/page.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { draw: { type: 'boolean', default: false } },
});
const unknown = positionals.filter(name => !FINDINGS.some(finding => finding.name === name));
if (unknown.length > 0) {
  console.error(`no finding ${unknown.join(', ')}; there are ${FINDINGS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

const before = existsSync(FIGURES) ? JSON.parse(await readFile(FIGURES, 'utf8')) : {};
const createMachine = createWasmMachines(await readFile(new URL('../../dist/kernels.wasm', import.meta.url)));
const figures = {};
for (const finding of FINDINGS) {
  const { name } = finding;
  const wanted = !values.draw && (positionals.length === 0 || positionals.includes(name));
  const startMs = performance.now();
  figures[name] = wanted ? measure(finding, scenario => simulate(scenario, { createMachine })) : before[name];
  if (wanted) console.log(`${name}: ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
}
await writeFile(FIGURES, renderFigures(figures));
for (const [name, svg] of Object.entries(renderCharts(figures, draw))) await writeFile(chartUrl(name), svg);
await writeFile(NEWCOMERS, renderScenario(newcomersScenario(30_000)));
await writeFile(PAGE, renderPage(await readFile(PAGE, 'utf8'), figures));
