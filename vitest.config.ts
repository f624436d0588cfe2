import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

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

/** `quick` is `npm test`; `slow` and `interop` have scripts of their own. All of them run in CI. */
export default defineConfig({
  test: {
    // vitest takes one core less than there are; most of these tests wait for processes, not for a core.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      { test: { name: 'quick', include: quick, pool: 'forks', testTimeout: 20_000 } },
      {
        test: {
          name: 'slow',
          include: ['test/slow/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 240_000,
        },
      },
      {
        test: {
          name: 'interop',
          include: ['test/interop/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 120_000,
        },
      },
    ],
  },
});
