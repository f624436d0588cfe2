import { runBlocks } from './block/block-swarm.js';
import { createJsMachine, type MachineFactory } from './machine.js';
import { FlowSwarm } from './piece/flow-swarm.js';
import { drawPopulation, type PeerPlan } from './population.js';
import { Recorder, type Sample } from './recorder.js';
import { makeReport, type SimulationReport } from './report.js';
import { expectedMs, type ResolvedScenario, resolveScenario, type Scenario } from './scenario.js';

export interface SimulateOptions {
  /** Kernels of the peers. Defaults to those in TypeScript; the report is the same, byte for byte. */
  readonly createMachine?: MachineFactory;
  /** Is told each sample as it is taken, 60 or more of them: how far a long run is. */
  readonly onSample?: (sample: Sample) => void;
}

/**
 * Runs a swarm in virtual time and reports how long everybody took, and how that compares with the bounds. The same
 * scenario gives the same report, whatever computes it.
 * @throws MillraceError ERR_OPTION
 */
export function simulate(scenario: Scenario, options: SimulateOptions = {}): SimulationReport {
  const { createMachine = createJsMachine, onSample } = options;
  const resolved = resolveScenario(scenario);
  const plans = drawPopulation(resolved);
  const run = resolved.fidelity === 'block' ? runBlocks : runPieces;
  return makeReport(resolved, plans, run(resolved, plans, createMachine, onSample));
}

function runPieces(
  scenario: ResolvedScenario,
  plans: readonly PeerPlan[],
  createMachine: MachineFactory,
  onSample?: (sample: Sample) => void,
) {
  const has = (peer: number, piece: number) => swarm.tables.has(swarm.tables.haveAt(peer), piece);
  const recorder = new Recorder(plans, scenario.pieces, expectedMs(scenario), has, onSample);
  const swarm = new FlowSwarm(scenario, plans, recorder, createMachine);
  swarm.run();
  const { sentBytes, receivedBytes } = swarm.links;
  return { recorder, sentBytes, receivedBytes, unchokes: swarm.unchokes };
}
