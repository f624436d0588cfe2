// Runs the cases of a finding. A case is a scenario and the number of seeds of luck with which it is run.

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {import('./swarms.mjs').Scenario} scenario
 * @property {number} [seeds] runs, with the seeds 1, 2, ...; 1 by default
 * @property {boolean} [quick] its first run is cheap enough to be repeated by every test run
 *
 * @typedef {object} Finding
 * @property {string} name of its part of the page
 * @property {readonly Case[]} cases
 * @property {(report: import('./swarms.mjs').SimulationReport, seed: number) => object} measure what is kept of a run
 * @property {(results: Results) => any} conclude the figures that are stated
 * @property {(results: Results, draw: typeof import('../../../dist/cli/charts/index.js')) => Record<string, string>} charts
 * @property {(results: Results) => string} text Markdown: what the figures say
 * @typedef {Record<string, any[]>} Results of each case, a measure for each seed
 */

/**
 * @param {Finding} finding
 * @param {(scenario: import('./swarms.mjs').Scenario) => import('./swarms.mjs').SimulationReport} simulate
 * @param {object} [options]
 * @param {(one: Case) => boolean} [options.only] cases to run
 * @param {number} [options.seeds] at most so many of each case
 * @param {object} [options.change] fields of all scenarios to replace, to see a finding fail
 * @returns {Results}
 */
export function measure(finding, simulate, { only = () => true, seeds = Infinity, change = {} } = {}) {
  const results = {};
  for (const { name, scenario, seeds: wanted = 1 } of finding.cases.filter(only)) {
    const numbers = Array.from({ length: Math.min(seeds, wanted) }, (_, i) => i + 1);
    results[name] = numbers.map(seed => finding.measure(simulate({ ...scenario, ...change, seed }), seed));
  }
  return results;
}
