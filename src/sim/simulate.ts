import { runBlocks } from './block/block-swarm.js';
import { createJsMachine, type MachineFactory } from './machine.js';
import { FlowSwarm } from './piece/flow-swarm.js';
import { drawPopulation, type PeerPlan } from './population.js';
import { Recorder } from './recorder.js';
import { makeReport, type SimulationReport } from './report.js';
import { expectedMs, type ResolvedScenario, resolveScenario, type Scenario } from './scenario.js';

export interface SimulateOptions {
  /** Kernels of the peers. Defaults to those in TypeScript; the report is the same, byte for byte. */
  readonly createMachine?: MachineFactory;
}

/**
 * Runs a swarm in virtual time and reports how long everybody took, and how that compares with the bounds. The same
 * scenario gives the same report, whatever computes it.
 * @throws MillraceError ERR_OPTION
 */
export function simulate(scenario: Scenario, options: SimulateOptions = {}): SimulationReport {
  const { createMachine = createJsMachine } = options;
  const resolved = resolveScenario(scenario);
  const plans = drawPopulation(resolved);
  const run = resolved.fidelity === 'block' ? runBlocks : runPieces;
  return makeReport(resolved, plans, run(resolved, plans, createMachine));
}

function runPieces(scenario: ResolvedScenario, plans: readonly PeerPlan[], createMachine: MachineFactory) {
  const recorder: Recorder = new Recorder(plans, scenario.pieces, expectedMs(scenario), (peer, piece) =>
    swarm.tables.has(swarm.tables.haveAt(peer), piece),
  );
  const swarm = new FlowSwarm(scenario, plans, recorder, createMachine);
  swarm.run();
  const { sentBytes, receivedBytes } = swarm.links;
  return { recorder, sentBytes, receivedBytes, unchokes: swarm.unchokes };
}
