import { MillraceError } from '../errors.js';
import type { HashBackendName, HashKernels, Kernels } from './types.js';

/** The option `kernels` and the environment variable MILLRACE_KERNELS. */
export const KERNELS_OPTIONS = ['auto', 'wasm', 'js', 'native'] as const;
export type KernelsOption = (typeof KERNELS_OPTIONS)[number];

/** @throws MillraceError ERR_OPTION for any other text. */
export function parseKernelsOption(text: string): KernelsOption {
  for (const option of KERNELS_OPTIONS) if (text === option) return option;
  const allowed = KERNELS_OPTIONS.join(', ');
  throw new MillraceError('ERR_OPTION', `kernels is "${text}", must be one of ${allowed}`, {
    value: text,
    allowed,
  });
}

/** The hash backends that can run here. */
export type HashCandidates = Readonly<Partial<Record<HashBackendName, HashKernels>>>;

/** Which backend hashes, per algorithm. */
export interface HashChoice {
  readonly sha1: HashBackendName;
  readonly sha256: HashBackendName;
}

/** Time for one candidate and algorithm. Compilers need some of it: only the best run counts. */
const MEASURE_MS = 4;

/**
 * Runs every candidate over the same four messages, `bytes` at `at` in all, and takes the fastest per algorithm.
 * Costs about {@link MEASURE_MS} per candidate and algorithm; digests land at `outAt` (128 bytes).
 * @param clock milliseconds of any origin, with fractions
 * @throws MillraceError ERR_KERNELS_UNAVAILABLE when there is no candidate.
 */
export function measureHash(
  candidates: HashCandidates,
  clock: () => number,
  at: number,
  bytes: number,
  outAt: number,
): HashChoice {
  const length = bytes >>> 2;
  const run = (algorithm: 'sha1x4' | 'sha256x4') =>
    fastest(candidates, clock, hash =>
      hash[algorithm](at, at + length, at + 2 * length, at + 3 * length, length, outAt),
    );
  return { sha1: run('sha1x4'), sha256: run('sha256x4') };
}

function fastest(
  candidates: HashCandidates,
  clock: () => number,
  run: (hash: HashKernels) => void,
): HashBackendName {
  let winner: HashBackendName | undefined;
  let bestMs = Number.POSITIVE_INFINITY;
  for (const name of ['wasm', 'native', 'js'] as const) {
    const hash = candidates[name];
    if (hash === undefined) continue;
    const ms = bestRun(clock, () => run(hash));
    if (winner !== undefined && ms >= bestMs) continue;
    winner = name;
    bestMs = ms;
  }
  if (winner === undefined) throw new MillraceError('ERR_KERNELS_UNAVAILABLE', 'no hash backend runs here');
  return winner;
}

/** Shortest of the runs that fit into MEASURE_MS. The bound on runs ends it also under a clock that stands still. */
function bestRun(clock: () => number, run: () => void): number {
  let bestMs = Number.POSITIVE_INFINITY;
  const startMs = clock();
  for (let runs = 0; runs < 10_000; runs++) {
    const fromMs = clock();
    run();
    const toMs = clock();
    bestMs = Math.min(bestMs, toMs - fromMs);
    if (toMs - startMs >= MEASURE_MS) break;
  }
  return bestMs;
}

/**
 * The same kernels with the chosen hash backends.
 * @throws MillraceError ERR_KERNELS_UNAVAILABLE when a chosen backend is not among the candidates.
 */
export function combineHash(kernels: Kernels, candidates: HashCandidates, chosen: HashChoice): Kernels {
  const { sha1, sha1x4 } = backend(candidates, chosen.sha1);
  const { sha256, sha256x4 } = backend(candidates, chosen.sha256);
  return { ...kernels, sha1, sha1x4, sha256, sha256x4 };
}

function backend(candidates: HashCandidates, name: HashBackendName): HashKernels {
  const hash = candidates[name];
  if (hash !== undefined) return hash;
  throw new MillraceError('ERR_KERNELS_UNAVAILABLE', `the hash backend ${name} does not run here`, {
    backend: name,
  });
}
