import { MillraceError } from '../errors.js';
import type { HashBackendName, HashKernels, Kernels } from './types.js';

/** The option `kernels` and the environment variable MILLRACE_KERNELS. */
export const KERNELS_OPTIONS = ['auto', 'wasm', 'js', 'native'] as const;
export type KernelsOption = (typeof KERNELS_OPTIONS)[number];

/** The hash backends that can run here. */
export type HashCandidates = Readonly<Partial<Record<HashBackendName, HashKernels>>>;

/** Which backend hashes, per algorithm. */
export interface HashChoice {
  readonly sha1: HashBackendName;
  readonly sha256: HashBackendName;
  /**
   * Up to so many messages are hashed by `native` with SHA-1, one by one, although four go to `wasm`: SIMD takes the same
   * time for one as for four. 0 when it is not there.
   */
  readonly few?: number;
}

type Algorithm = keyof typeof BATCHES;

/**
 * Time in which the compilers may notice what is hot: with Node 20 the wasm kernels run at 2 % of their speed until
 * V8 has optimised them, 10 to 15 ms after the first call. The optimised code serves all threads.
 */
const WARM_UP_MS = 20;

/** Short messages for the warm-up, so that one cold run in the interpreter does not eat the time. */
const WARM_UP_BYTES = 1024;

/** Only the best run counts: all others were disturbed. */
const RUNS = 5;

/** A candidate that is so many times slower than another after two runs gets no third one. */
const HOPELESS = 4;

const BATCHES = { sha1: 'sha1x4', sha256: 'sha256x4' } as const;

/**
 * Runs every candidate over the same four messages, `bytes` at `at` in all, and takes the fastest per algorithm.
 * Costs 25 to 50 ms with 64 KiB, or nothing when there is no choice. Digests land at `outAt` (128 bytes).
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
  const names = (['wasm', 'native', 'js'] as const).filter(name => candidates[name] !== undefined);
  if (names.length === 0) throw new MillraceError('ERR_KERNELS_UNAVAILABLE', 'no hash backend runs here');
  if (names.length === 1) return { sha1: names[0], sha256: names[0] };

  const hash = (name: HashBackendName, algorithm: Algorithm, length: number) =>
    candidates[name]![BATCHES[algorithm]](at, at + length, at + 2 * length, at + 3 * length, length, outAt);

  const length = bytes >>> 2;
  const startMs = clock();
  // the bound on turns ends it also under a clock that stands still
  for (let turn = 0; turn < 1000 && clock() - startMs < WARM_UP_MS; turn++) {
    for (const name of names) {
      hash(name, 'sha1', Math.min(length, WARM_UP_BYTES));
      hash(name, 'sha256', Math.min(length, WARM_UP_BYTES));
    }
  }

  const measure = (algorithm: Algorithm) => {
    const bestMs = names.map(() => Number.POSITIVE_INFINITY);
    for (let run = 0; run < RUNS; run++) {
      names.forEach((name, i) => {
        if (run > 1 && bestMs[i] > HOPELESS * Math.min(...bestMs)) return;
        const fromMs = clock();
        hash(name, algorithm, length);
        bestMs[i] = Math.min(bestMs[i], clock() - fromMs);
      });
    }
    const msOf = (name: HashBackendName) => bestMs[names.indexOf(name)] ?? Number.POSITIVE_INFINITY;
    return { fastest: names[bestMs.indexOf(Math.min(...bestMs))], msOf };
  };
  const sha1 = measure('sha1');
  const sha256 = measure('sha256').fastest;
  const few = sha1.fastest === 'wasm' ? Math.ceil((4 * sha1.msOf('wasm')) / sha1.msOf('native')) - 1 : 0;
  return few > 0 ? { sha1: 'wasm', sha256, few } : { sha1: sha1.fastest, sha256 };
}

/**
 * The same kernels with the chosen hash backends.
 * @throws MillraceError ERR_KERNELS_UNAVAILABLE when a chosen backend is not among the candidates.
 */
export function combineHash(kernels: Kernels, candidates: HashCandidates, chosen: HashChoice): Kernels {
  const { sha1x4 } = backend(candidates, chosen.sha1);
  const { sha1 } = backend(candidates, chosen.few ? 'native' : chosen.sha1);
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
