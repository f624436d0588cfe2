import { readFileSync } from 'node:fs';
import { type Scenario, type SimulationReport, simulate } from '../../../src/sim/index.js';
import { createWasmMachines } from '../../sim/machines.js';
import { loadBench } from '../../unit/bench/load.js';

/** What docs/swarm-science.md is made of, plain JavaScript. */
export const page = await loadBench('swarm/findings/page.mjs');
const { measure } = await loadBench('swarm/findings/measure.mjs');

export interface Case {
  readonly name: string;
  readonly scenario: Scenario;
  readonly seeds?: number;
  readonly quick?: boolean;
}

export interface Finding {
  readonly name: string;
  readonly cases: readonly Case[];
  measure(report: SimulationReport, seed: number): Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: each finding concludes figures of its own
  conclude(results: Results): any;
}

// biome-ignore lint/suspicious/noExplicitAny: each finding keeps figures of its own
export type Results = Record<string, any[]>;

export const FINDINGS: readonly Finding[] = page.FINDINGS;

export function findingOf(name: string): Finding {
  return FINDINGS.find(finding => finding.name === name)!;
}

const createMachine = createWasmMachines();
export const run = (scenario: Scenario) => simulate(scenario, { createMachine });

/** Runs the cases with the names, or all, each with the first seeds. Undefined figures are absent, as in the file. */
export function measured(
  finding: Finding,
  { seeds, names }: { seeds?: number; names?: readonly string[] } = {},
): Results {
  const only = ({ name }: Case) => names === undefined || names.includes(name);
  return JSON.parse(JSON.stringify(measure(finding, run, { only, seeds })));
}

/** The figures of the page. */
export const figures: Record<string, Results> = JSON.parse(readFileSync(page.FIGURES, 'utf8'));
