// Runs parts one after the other and gathers what they found.
import { describeMachine } from './machine.mjs';
import { ENGINES, PARTS } from './options.mjs';
import { Processes } from './processes.mjs';
import { Workspace } from './workspace.mjs';

const MODULES = {
  kernels: () => import('../kernels/kernels.mjs'),
  wire: () => import('../wire/wire.mjs'),
  loopback: () => import('../loopback/loopback.mjs'),
  scale: () => import('../scale/scale.mjs'),
  memory: () => import('../memory/memory.mjs'),
  sockets: () => import('../sockets/sockets.mjs'),
  peers: () => import('../peers/peers.mjs'),
};

/**
 * @param {object} options
 * @param {readonly string[]} options.parts
 * @param {boolean} options.quick
 * @param {number} options.samples
 * @param {readonly string[]} [options.engines] for part `peers`, all by default
 * @param {string} [options.dir] folder to work below
 * @param {AbortSignal} [options.signal]
 * @param {(text: string) => void} [options.progress]
 * @param {(part: import('./report.mjs').PartRun) => void} [options.onPart] as each part ends
 * @returns {Promise<import('./report.mjs').Run>} a part that fails is in it with its error; an abort rejects
 */
export async function runSuite({
  parts,
  quick,
  samples,
  engines = ENGINES,
  dir,
  signal,
  progress = () => {},
  onPart,
}) {
  const abort = signal ?? new AbortController().signal;
  const machine = describeMachine();
  const workspace = await Workspace.open(dir);
  const processes = new Processes();
  const onAbort = () => void processes.close();
  abort.addEventListener('abort', onAbort, { once: true });
  /** @type {import('./report.mjs').PartRun[]} */
  const runs = [];
  try {
    for (const name of parts) {
      abort.throwIfAborted();
      const startMs = performance.now();
      const run = { name };
      try {
        const { run: runPart } = await MODULES[name]();
        run.result = await runPart({
          quick,
          samples,
          engines,
          workspace,
          processes,
          machine,
          signal: abort,
          progress: text => progress(`${name}: ${text}`),
        });
      } catch (error) {
        abort.throwIfAborted();
        run.error = error instanceof Error ? (error.stack ?? error.message) : String(error);
      } finally {
        await processes.close();
      }
      run.seconds = (performance.now() - startMs) / 1000;
      runs.push(run);
      onPart?.(run);
    }
  } finally {
    abort.removeEventListener('abort', onAbort);
    await processes.close();
    await workspace.remove();
  }
  return {
    date: new Date().toISOString().slice(0, 10),
    machine,
    quick,
    samples,
    inMemory: workspace.inMemory,
    parts: runs,
    allParts: PARTS,
  };
}
