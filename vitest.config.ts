import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Files that replace or reload modules, which others in the same process share. */
const replacing = [
  'test/e2e/counts.test.ts',
  'test/unit/daemon/state/journal.test.ts',
  'test/unit/daemon/torrents/adding.test.ts',
  'test/unit/engine/kernels/probe.test.ts',
  'test/workers/arena.test.ts',
];

const quick = [
  'test/unit/**/*.test.ts',
  'test/vectors/**/*.test.ts',
  'test/compliance/**/*.test.ts',
  'test/fuzz/**/*.test.ts',
  'test/sim/**/*.test.ts',
  'test/workers/**/*.test.ts',
  'test/e2e/**/*.test.ts',
  'test/hostile/**/*.test.ts',
  'test/examples/**/*.test.ts',
  'test/*.test.ts',
];

/** `quick` and `quick-alone` are `npm test`; `slow` and `interop` have scripts of their own. All of them run in CI. */
export default defineConfig({
  test: {
    // vitest takes one core less than there are; most of these tests wait for processes, not for a core.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'quick',
          include: quick,
          exclude: replacing,
          pool: 'forks',
          // Files share processes: to load the engine for each of them anew took a third of the time.
          isolate: false,
          setupFiles: 'test/lib/shared-process.ts',
          testTimeout: 20_000,
          hookTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'quick-alone',
          include: replacing,
          pool: 'forks',
          testTimeout: 20_000,
          hookTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'slow',
          include: ['test/slow/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        test: {
          name: 'interop',
          include: ['test/interop/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 120_000,
          // The first start of a browser after it was installed can take longer than the 10 s that are the default.
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
