import { bytesEqual } from '../engine/bytes.js';
import { readExtents, writeExtents } from './file-io.js';
import { hashPieces } from './hash-pieces.js';
import { hashSlots, type JobContext, LANES } from './hash-slots.js';
import type { Job, KernelJob, PiecesJob, SlotJob } from './jobs.js';

/** What the operating system said: plain data, so that it crosses threads. */
export interface IoFailure {
  /** `ENOSPC`, `EBADF`...; `EOF` when a file ended before the extent did. */
  readonly code: string;
  readonly syscall: string;
  readonly message: string;
}

/** Outcome of a batch; arrays have one entry a job. */
export interface JobResults {
  /** {@link MISMATCH}, {@link DONE}, or what the kernel returned. */
  readonly values: Float64Array;
  readonly digests: readonly (Uint8Array | undefined)[];
  readonly failures: readonly (IoFailure | undefined)[];
  /** Time that hashes and file calls took. */
  readonly hashMs: number;
  readonly fileMs: number;
}

export const MISMATCH = 0;
export const DONE = 1;

const ENDED_EARLY: IoFailure = {
  code: 'EOF',
  syscall: 'read',
  message: 'the file is shorter than the torrent says',
};

interface MutableResults {
  values: Float64Array;
  digests: (Uint8Array | undefined)[];
  failures: (IoFailure | undefined)[];
  hashMs: number;
  fileMs: number;
}

/** Runs a batch to its end on this thread. Never throws for one job's sake: failures are part of the results. */
export function runJobs(context: JobContext, jobs: readonly Job[]): JobResults {
  const results: MutableResults = {
    values: new Float64Array(jobs.length),
    digests: [],
    failures: [],
    hashMs: 0,
    fileMs: 0,
  };
  for (const group of groupJobs(jobs)) {
    const { kind } = jobs[group[0]];
    if (kind === 'kernel') callKernel(context, jobs[group[0]] as KernelJob, group[0], results);
    else if (kind === 'pieces') digestPieces(context, jobs[group[0]] as PiecesJob, group[0], results);
    else runGroup(context, kind, jobs as readonly SlotJob[], group, results);
  }
  return results;
}

/** Indices of jobs that hash together: same kind, same length, at most {@link LANES}, which also keeps them in cache. */
function groupJobs(jobs: readonly Job[]): number[][] {
  const groups: number[][] = [];
  const open = new Map<string, number[]>();
  jobs.forEach((job, index) => {
    const alone = job.kind === 'kernel' || job.kind === 'pieces';
    const key = alone ? `${job.kind} ${index}` : `${job.kind} ${job.length}`;
    let group = open.get(key);
    if (group === undefined || group.length === LANES) {
      group = [];
      open.set(key, group);
      groups.push(group);
    }
    group.push(index);
  });
  return groups;
}

function callKernel({ kernels }: JobContext, job: KernelJob, index: number, results: MutableResults): void {
  const kernel = kernels[job.name] as (...args: number[]) => number | boolean | undefined;
  try {
    results.values[index] = Number(kernel.apply(kernels, [...job.args]) ?? 0);
  } catch (error) {
    results.failures[index] = {
      code: 'TRAP',
      syscall: job.name,
      message: `${job.name}: ${(error as Error).message}`,
    };
  }
}

function digestPieces(context: JobContext, job: PiecesJob, index: number, results: MutableResults): void {
  try {
    results.digests[index] = hashPieces(context, job);
    if (results.digests[index] === undefined) results.failures[index] = ENDED_EARLY;
  } catch (error) {
    results.failures[index] = toFailure(error);
  }
}

function runGroup(
  context: JobContext,
  kind: SlotJob['kind'],
  jobs: readonly SlotJob[],
  group: readonly number[],
  results: MutableResults,
): void {
  const startMs = performance.now();
  const ready = kind === 'verify' ? group : group.filter(index => load(context, jobs[index], index, results));
  const loadedMs = performance.now();
  if (kind !== 'verify') results.fileMs += loadedMs - startMs;
  if (ready.length === 0) return;
  if (kind === 'read') {
    for (const index of ready) results.values[index] = DONE;
    return;
  }
  const algorithm = kind === 'sha256' ? 'sha256' : 'sha1';
  const digests = hashSlots(
    context,
    algorithm,
    ready.map(index => jobs[index].at),
    jobs[ready[0]].length,
  );
  ready.forEach((index, i) => {
    const { digest } = jobs[index];
    if (digest === undefined) results.digests[index] = digests[i].slice();
    results.values[index] = digest === undefined || bytesEqual(digest, digests[i]) ? DONE : MISMATCH;
  });
  results.hashMs += performance.now() - loadedMs;
  if (kind === 'verify') store(context, jobs, ready, results);
}

/** Fills the slot of a job; false when there is nothing to hash. */
function load({ bytes }: JobContext, job: SlotJob, index: number, results: MutableResults): boolean {
  try {
    if (readExtents(bytes, job.at, job.extents ?? [])) return true;
    results.failures[index] = ENDED_EARLY;
  } catch (error) {
    results.failures[index] = toFailure(error);
  }
  return false;
}

/** Writes the slots that proved right. */
function store(
  { bytes }: JobContext,
  jobs: readonly SlotJob[],
  ready: readonly number[],
  results: MutableResults,
): void {
  const good = ready.filter(index => results.values[index] === DONE && jobs[index].extents !== undefined);
  if (good.length === 0) return;
  const startMs = performance.now();
  const errors = writeExtents(
    bytes,
    good.map(index => ({ at: jobs[index].at, extents: jobs[index].extents! })),
  );
  results.fileMs += performance.now() - startMs;
  good.forEach((index, i) => {
    if (errors[i] !== undefined) results.failures[index] = toFailure(errors[i]);
  });
}

function toFailure(error: unknown): IoFailure {
  const { code = 'EIO', syscall = '', message } = error as NodeJS.ErrnoException;
  return { code, syscall, message };
}
