import { describe, expect, it } from 'vitest';
import { loadBench } from './load.js';

const { selfTimes, Profiler } = await loadBench('lib/profile.mjs');
const { groupOf, GROUPS } = await loadBench('lib/profile-groups.mjs');

const node = (id: number, functionName: string, url: string, children: number[] = []) => ({
  id,
  callFrame: { functionName, url },
  children,
});

describe('profile', () => {
  it('knows the parts of the program by file and name', () => {
    const groups = [
      ['#pump', 'file:///x/dist/engine/session/uploader.js', 'session'],
      ['pick', 'file:///x/dist/engine/policy/picker.js', 'picker, choker, window'],
      ['#dispatch', 'file:///x/dist/workers/pool.js', 'pool of workers'],
      ['postTask', 'file:///x/node_modules/piscina/dist/worker_pool/index.js', 'piscina'],
      ['atomicsWaitLoop', 'file:///x/node_modules/piscina/dist/worker.js', GROUPS.at(-1)],
      ['writevGeneric', 'node:internal/stream_base_commons', 'sockets of node'],
      ['processImmediate', 'node:internal/timers', 'node, other'],
      ['writev', '', 'system calls of sockets and files'],
      ['subarray', '', 'built-in functions'],
      ['(garbage collector)', '', 'garbage collection'],
    ];
    for (const [functionName, url, group] of groups) {
      expect(groupOf({ functionName, url }), functionName).toBe(group);
      expect(GROUPS).toContain(group);
    }
  });

  it('adds up self times by group; what a kernel calls is the kernel', () => {
    const wasm = 'wasm://wasm/1234';
    const nodes = [
      node(1, '(root)', '', [2, 3]),
      node(2, 'run', 'file:///x/dist/workers/run-jobs.js', [4]),
      node(3, '(idle)', ''),
      node(4, 'wasm-function[99]', wasm), // no kernel that is exported
    ];
    const times = selfTimes([{ nodes, samples: [2, 4, 3, 4], timeDeltas: [1000, 2000, 3000, 4000] }]);
    expect(times['pool of workers']).toBeCloseTo(0.007);
    expect(times[GROUPS.at(-1)]).toBeCloseTo(0.003);
  });

  it('finds kernels in the profile of a thread', async () => {
    const { openBackends } = await loadBench('kernels/backends.mjs');
    const { kernels, allocate } = openBackends(8192);
    const [from, to] = [allocate(1024), allocate(1024)];
    const profiler = new Profiler();
    await profiler.start();
    for (let i = 0; i < 50_000; i++) kernels.wasm.sha1(from, 1024, to); // far more than one interval
    const { loop, workers } = await profiler.stop();
    expect(loop.hashing).toBeGreaterThan(0);
    expect(workers).toEqual({});
  });
});
