import { readFileSync } from 'node:fs';
import { MillraceError } from '../../files.js';
import {
  createWasmMachines,
  type MachineFactory,
  resolveScenario,
  type Sample,
  type Scenario,
  simulate,
} from '../../sim/index.js';
import type { Context } from '../context.js';
import { formatCount, formatPercent, formatSeconds } from '../format.js';
import { PACKAGE_ROOT } from '../package-root.js';
import type { Outcome } from './outcome.js';

export const KERNELS = ['wasm', 'js'] as const;
export type KernelsName = (typeof KERNELS)[number];

/** Undefined for the kernels in TypeScript, also where the compiled ones are not to be had and nobody insists. */
export function findKernels(name: KernelsName | undefined): MachineFactory | undefined {
  if (name === 'js') return undefined;
  const machines = createWasmMachines(readFileSync(new URL('dist/kernels.wasm', PACKAGE_ROOT)));
  if (machines === undefined && name === 'wasm')
    throw new MillraceError('ERR_KERNELS_UNAVAILABLE', 'this Node.js cannot run the compiled kernels');
  return machines;
}

/** To the beginning of the line, and nothing on it. */
const CLEAR = '\r\u001b[K';

/** A line that changes more often cannot be read. */
const NOTE_MS = 200;

/** Runs to the end. Says on a terminal how far it is, and how long it took: never in the report. */
export function run(
  { io }: Pick<Context, 'io'>,
  scenario: Scenario,
  createMachine: MachineFactory | undefined,
): Outcome {
  const resolved = resolveScenario(scenario);
  const note = io.stderr.isTTY ? (text: string) => void io.stderr.write(text) : () => {};
  const what = `simulating ${formatCount(resolved.peers, 'peer')}`;
  note(`${what} ...`);
  const startedMs = performance.now();
  let notedMs = startedMs;
  const onSample = ({ atMs, sentBytes }: Sample) => {
    if (performance.now() - notedMs < NOTE_MS) return;
    notedMs = performance.now();
    const wanted = resolved.peers * resolved.fileBytes;
    note(
      `${CLEAR}${what}: ${formatPercent(Math.min(sentBytes, wanted), wanted)} sent by ${formatSeconds(atMs / 1000)}`,
    );
  };
  try {
    const report = simulate(scenario, { createMachine, onSample });
    const took = (performance.now() - startedMs) / 1000;
    note(`${CLEAR}${formatSeconds(report.endSeconds)} simulated in ${formatSeconds(took)}\n`);
    return { scenario: resolved, report };
  } catch (error) {
    note(CLEAR);
    throw error;
  }
}
