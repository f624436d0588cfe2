// One simulated swarm in a process of its own: what it took, as a line of JSON.
import { readFile } from 'node:fs/promises';
import { createWasmMachines, simulate } from 'millrace/sim';

const [peers, pieces] = process.argv.slice(2).map(Number);
const wasm = await readFile(new URL('../../dist/kernels.wasm', import.meta.url));
const startMs = performance.now();
const { completion, ratio } = simulate(
  {
    fileBytes: pieces * 256 * 1024,
    groups: [{ name: 'peers', peers, up: 2e6, down: 20e6 }],
    seedUp: 2e6,
  },
  { createMachine: createWasmMachines(wasm) },
);
const seconds = (performance.now() - startMs) / 1000;
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
console.log(
  JSON.stringify({
    ...{ peers, pieces, seconds, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, rssBytes: maxRSS * 1024 },
    ...{ complete: completion.complete, median: ratio.discrete.median, last: ratio.discrete.last },
  }),
);
