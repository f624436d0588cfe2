import type { MachineFactory } from '../machine.js';
import type { PeerPlan } from '../population.js';
import type { RunResult } from '../report.js';
import type { ResolvedScenario } from '../scenario.js';

export function runBlocks(
  _scenario: ResolvedScenario,
  _plans: readonly PeerPlan[],
  _createMachine: MachineFactory,
): RunResult {
  throw new Error('not here yet');
}
