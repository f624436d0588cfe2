// Hash backends side by side: four messages a call, MB/s of all four. Needs `npm run build`.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Bench } from 'tinybench';
import { createJsKernels } from '../../dist/engine/kernels/js.js';
import { createNativeHash } from '../../dist/engine/kernels/native.js';
import { createWasmKernels, KERNEL_SCRATCH_BYTES, STATIC_BYTES } from '../../dist/engine/kernels/wasm.js';

const SIZES = [16, 256].map(kib => kib * 1024);
const OUT = STATIC_BYTES + KERNEL_SCRATCH_BYTES;
const MESSAGES = OUT + 4096;

const memory = new WebAssembly.Memory({ initial: 32, maximum: 65536, shared: true });
const module = new WebAssembly.Module(readFileSync(new URL('../../dist/kernels.wasm', import.meta.url)));
const bytes = new Uint8Array(memory.buffer);
for (let i = MESSAGES; i < bytes.length; i++) bytes[i] = (i * 2654435761) >>> 13;

const backends = {
  wasm: createWasmKernels(module, memory, STATIC_BYTES),
  js: createJsKernels(memory.buffer),
  native: createNativeHash(memory.buffer, (algorithm, message) =>
    createHash(algorithm).update(message).digest(),
  ),
};

const bench = new Bench({ time: 400, warmupTime: 300 });
const bytesOf = new Map();
const add = (name, length, run) => {
  bench.add(name, run);
  bytesOf.set(name, length);
};
for (const length of SIZES) {
  const at = [0, 1, 2, 3].map(i => MESSAGES + i * length);
  for (const batch of ['sha1x4', 'sha256x4']) {
    for (const [backend, kernels] of Object.entries(backends)) {
      const name = `${batch} ${length / 1024} KiB ${backend}`;
      add(name, 4 * length, () => kernels[batch](at[0], at[1], at[2], at[3], length, OUT));
    }
  }
  for (const single of ['sha1', 'sha256']) {
    add(`${single} ${length / 1024} KiB wasm, one message`, length, () =>
      backends.wasm[single](at[0], length, OUT),
    );
  }
}

await bench.run();
console.table(
  bench.tasks.map(({ name, result }) => ({
    name,
    'MB/s at median': Math.round(bytesOf.get(name) / 1e3 / result.latency.p50),
    'spread %': Number(result.latency.rme.toFixed(1)),
    samples: result.latency.samplesCount,
  })),
);
