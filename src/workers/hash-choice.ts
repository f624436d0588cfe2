/**
 * Which backend hashes, as all threads know it. It lies in the shared memory, so that the thread that measures need not
 * be the one that asks: measuring takes 25 to 50 ms, which a worker has while it waits for its first job.
 */
import { type HashCandidates, type HashChoice, measureHash } from '../engine/kernels/select.js';
import type { HashBackendName } from '../engine/kernels/types.js';
import { CHOICE_AT, RECEIVE_BYTES } from './layout.js';

const NAMES = ['wasm', 'native', 'js'] as const satisfies readonly HashBackendName[];

const UNDECIDED = 0;
const BEING_MEASURED = -1;

/** One Int32: one of the above, else 1 + sha1 + 3 * sha256 + 9 * few, names as numbers of {@link NAMES}. */
function cell(buffer: ArrayBufferLike): Int32Array {
  return new Int32Array(buffer, CHOICE_AT, 1);
}

/** What was decided; undefined while nobody has. */
export function decidedHash(buffer: ArrayBufferLike): HashChoice | undefined {
  const code = Atomics.load(cell(buffer), 0) - 1;
  if (code < 0) return undefined;
  const count = NAMES.length;
  const few = Math.floor(code / count ** 2);
  const names = { sha1: NAMES[code % count], sha256: NAMES[Math.floor(code / count) % count] };
  return few > 0 ? { ...names, few } : names;
}

/** True for one thread only: the one that is to measure. */
export function mayMeasureHash(buffer: ArrayBufferLike): boolean {
  return Atomics.compareExchange(cell(buffer), 0, UNDECIDED, BEING_MEASURED) === UNDECIDED;
}

/** Decides for all threads. The first decision counts. @returns the one that counts */
export function decideHash(buffer: ArrayBufferLike, { sha1, sha256, few = 0 }: HashChoice): HashChoice {
  const code = 1 + NAMES.indexOf(sha1) + NAMES.length * (NAMES.indexOf(sha256) + NAMES.length * few);
  for (const open of [UNDECIDED, BEING_MEASURED]) Atomics.compareExchange(cell(buffer), 0, open, code);
  return decidedHash(buffer)!;
}

/** Decides by measuring on this thread. What lies in the receive region meanwhile does not matter. */
export function decideByMeasuring(
  buffer: ArrayBufferLike,
  candidates: HashCandidates,
  receiveAt: number,
  digestsAt: number,
): HashChoice {
  const nowMs = () => performance.now();
  return decideHash(buffer, measureHash(candidates, nowMs, receiveAt, RECEIVE_BYTES, digestsAt));
}

/** Until it is decided: right or nearly so wherever the processor knows SHA, and as fast at once as it ever is. */
export function undecidedHash(candidates: HashCandidates): HashChoice {
  const [name] = (['native', 'wasm', 'js'] as const).filter(name => candidates[name] !== undefined);
  return { sha1: name, sha256: name };
}
