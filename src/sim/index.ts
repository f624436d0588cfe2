/** `millrace/sim`: distribution-time bounds, and swarms in virtual time to hold against them. */
export {
  type ClientServerSwarm,
  clientServerSeconds,
  type DiscreteSwarm,
  discreteSeconds,
  type PeerRates,
  type PeerToPeerSwarm,
  peerToPeerSeconds,
} from './bounds.js';
export { createWasmMachines, type MachineFactory } from './machine.js';
export { PROFILES, type ProfileName, type ProfileRules } from './profiles.js';
export type { Sample } from './recorder.js';
export type {
  Completion,
  GroupResult,
  PeerResult,
  SampleResult,
  SimulationReport,
} from './report.js';
export {
  type Arrivals,
  MAX_SIMULATED_PEERS,
  MAX_SIMULATED_PIECES,
  type PeerGroup,
  type ResolvedGroup,
  type ResolvedScenario,
  resolveScenario,
  type Scenario,
} from './scenario.js';
export { type SimulateOptions, simulate } from './simulate.js';
