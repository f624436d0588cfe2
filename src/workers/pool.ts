import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { MillraceError } from '../engine/errors.js';
import { type Kernels, SHA1_BYTES } from '../engine/kernels/types.js';
import type { Extent } from '../engine/swarm/ports.js';
import type { Arena } from './arena.js';
import { Crew } from './crew.js';
import { type JobContext, LANES } from './hash-slots.js';
import { checkPiecesJob, checkSlotJob } from './job-checks.js';
import {
  encodeJobs,
  type Job,
  jobNumbers,
  type KernelName,
  ONCE_ONLY,
  type PiecesJob,
  type SlotJob,
} from './jobs.js';
import { digestsAt } from './layout.js';
import { PLACE_NUMBERS } from './mailbox.js';
import { type IoFailure, type JobResults, runJobs } from './run-jobs.js';

export interface PoolOptions {
  /** The memory that all jobs lie in. One pool an arena. */
  readonly arena: Arena;
  /**
   * Worker threads. Defaults to `os.availableParallelism()`, at most `arena.threads`. 0 runs all jobs on the event
   * loop, as does an arena whose memory cannot be shared.
   */
  readonly workers?: number;
  /** Error for what the operating system said about a file. Defaults to ERR_STORAGE_IO. */
  readonly mapError?: (failure: IoFailure) => Error;
  /** Called each time a worker ended that nobody asked to end. */
  readonly onWorkerLost?: () => void;
}

/** A slot: `length` bytes at address `at` of the arena. */
export interface SlotRange {
  readonly at: number;
  readonly length: number;
}

export interface PoolStats {
  /** Threads that the pool may use; 0 when it runs on the event loop. */
  readonly workers: number;
  /** Jobs that wait, and jobs that a worker has. */
  readonly queued: number;
  readonly running: number;
  /** Jobs, pieces that were hashed, batches, since the start. */
  readonly tasks: number;
  readonly pieces: number;
  readonly batches: number;
  /** Workers that ended by themselves. */
  readonly lost: number;
  /** Time that hashes and file calls took, all threads together. */
  readonly hashMs: number;
  readonly fileMs: number;
}

/** Most jobs, and most bytes, of a batch: results return within some 10 ms, so that slots are free again soon. */
const MAX_BATCH_JOBS = 16;
const MAX_BATCH_BYTES = 8 * 1024 * 1024;

/** On the event loop a slice is what may block it: about 1 ms. */
const MAX_SLICE_BYTES = 1024 * 1024;

/** One batch runs, one waits in the mailbox. */
const BATCHES_PER_WORKER = 2;

/** How often a job is run again after its worker was lost. */
const MAX_RETRIES = 3;

interface Outcome {
  readonly value: number;
  readonly digest?: Uint8Array;
}

interface Entry {
  readonly job: Job;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
  retries: number;
}

export function createPool(options: PoolOptions): WorkerPool {
  return new WorkerPool(options);
}

/**
 * Hashing and file work off the event loop. Jobs gather in a queue for the rest of the tick and leave in batches; while
 * all workers are busy batches grow. Threads start with the first job or `start`, a thread that dies is replaced and its jobs are
 * run again.
 *
 * Whoever calls keeps the slot and the open files until the promise settles.
 */
export class WorkerPool {
  readonly #arena: Arena;
  readonly #workers: number;
  readonly #mapError: (failure: IoFailure) => Error;
  readonly #crew: Crew;
  readonly #inline: JobContext;
  readonly #queue: Entry[] = [];
  #pumpScheduled = false;
  #batchesOut = 0;
  #running = 0;
  #tasks = 0;
  #pieces = 0;
  #batches = 0;
  #hashMs = 0;
  #fileMs = 0;
  #broken: MillraceError | undefined;
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  /** @throws RangeError when `workers` is not 0 to `arena.threads`. */
  constructor({ arena, workers, mapError = toStorageError, onWorkerLost }: PoolOptions) {
    const wanted = workers ?? Math.min(availableParallelism(), arena.threads);
    if (!Number.isInteger(wanted) || wanted < 0 || wanted > arena.threads) {
      throw new RangeError(`workers is ${wanted}, must be 0 to ${arena.threads} as the arena was made for`);
    }
    this.#arena = arena;
    this.#workers = arena.shared ? wanted : 0;
    this.#mapError = mapError;
    this.#crew = new Crew(arena, this.#workers, {
      lost: () => onWorkerLost?.(),
      broken: error => this.#break(error),
    });
    const { kernels, bytes, ownHash } = arena;
    this.#inline = { kernels, bytes, digestsAt: digestsAt(0), hash: ownHash };
  }

  /**
   * Hashes a slot and, when it matches the SHA-1 `digest`, writes it to `extents` if they are given. Padding must be
   * zeros in the slot already.
   * @returns whether it matched
   * @throws what `mapError` makes of a failed write; ERR_WORKER_LOST; ERR_CLOSED
   */
  async verifyWrite(
    job: SlotRange & { readonly digest: Uint8Array; readonly extents?: readonly Extent[] },
  ): Promise<boolean> {
    return (await this.#submitSlot({ ...job, kind: 'verify' })).value !== 0;
  }

  /** Fills a slot from `extents`, zeros for padding. A file that is too short is a failure with the code `EOF`. */
  async read(job: SlotRange & { readonly extents: readonly Extent[] }): Promise<void> {
    await this.#submitSlot({ ...job, kind: 'read' });
  }

  /** Fills a slot if there are extents, and returns its digest. */
  async digest({
    algorithm,
    ...job
  }: SlotRange & {
    readonly extents?: readonly Extent[];
    readonly algorithm: 'sha1' | 'sha256';
  }): Promise<Uint8Array> {
    return (await this.#submitSlot({ ...job, kind: algorithm })).digest!;
  }

  /**
   * The SHA-1 of the pieces in `extents`, 20 bytes apiece, read through a slot of one piece or more. A file that is too
   * short is a failure with the code `EOF`.
   */
  async hashPieces(job: Omit<PiecesJob, 'kind'>): Promise<Uint8Array> {
    checkPiecesJob(job, this.#arena.buffer.byteLength);
    return (await this.#submit({ ...job, kind: 'pieces' })).digest!;
  }

  /**
   * Calls one kernel on a worker: worth the hop only for long tables. Kernels that must not run twice
   * (`availability*`, `copy`) reject with ERR_WORKER_LOST when their worker ends; all others are run again.
   * @throws RangeError when the arguments make the kernel trap
   */
  async run<K extends KernelName>(name: K, ...args: Parameters<Kernels[K]>): Promise<ReturnType<Kernels[K]>> {
    const { value } = await this.#submit({ kind: 'kernel', name, args });
    return (name === 'bitIntersects' ? value !== 0 : value) as ReturnType<Kernels[K]>;
  }

  /** Starts the threads before there is a job, 50 ms ahead: whoever knows that there will be jobs should. */
  start(): void {
    if (this.#workers > 0 && this.#closing === undefined) this.#crew.start().catch(() => {}); // the first job will tell
  }

  stats(): PoolStats {
    return {
      workers: this.#workers,
      queued: this.#queue.length,
      running: this.#running,
      tasks: this.#tasks,
      pieces: this.#pieces,
      batches: this.#batches,
      lost: this.#crew.lost,
      hashMs: this.#hashMs,
      fileMs: this.#fileMs,
    };
  }

  /** The threads that are up. For tests, which end them; empty before the first job and on the event loop. */
  get threads(): readonly Worker[] {
    return this.#crew.threads;
  }

  /** Lets every accepted job finish, then ends the threads. New jobs reject with ERR_CLOSED. */
  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    if (this.#queue.length > 0 || this.#batchesOut > 0) {
      await new Promise<void>(resolve => {
        this.#onIdle = resolve;
      });
    }
    await this.#crew.stop(new MillraceError('ERR_CLOSED', 'the pool is closed'));
  }

  #submitSlot(job: SlotJob): Promise<Outcome> {
    checkSlotJob(job, this.#arena.buffer.byteLength);
    return this.#submit(job);
  }

  #submit(job: Job): Promise<Outcome> {
    if (this.#closing !== undefined)
      return Promise.reject(new MillraceError('ERR_CLOSED', 'the pool is closed'));
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject, retries: 0 });
      this.#schedulePump();
    });
  }

  /** After the I/O of this turn of the loop, so that pieces of several sockets leave together. */
  #schedulePump(): void {
    if (this.#pumpScheduled) return;
    this.#pumpScheduled = true;
    setImmediate(() => {
      this.#pumpScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#workers === 0) {
      this.#runSlice();
      return;
    }
    while (this.#mayDispatch()) {
      const idle = this.#workers - this.#batchesOut;
      const places = idle > 0 ? idle : this.#workers * BATCHES_PER_WORKER - this.#batchesOut;
      void this.#dispatch(this.#take(this.#share(places), MAX_BATCH_BYTES));
    }
    if (this.#queue.length === 0 && this.#batchesOut === 0) this.#onIdle?.();
  }

  /** An idle worker gets what there is; a second batch waits at a busy one only if it is worth it. */
  #mayDispatch(): boolean {
    if (this.#queue.length === 0) return false;
    if (this.#batchesOut < this.#workers) return true;
    if (this.#batchesOut >= this.#workers * BATCHES_PER_WORKER) return false;
    const [{ job, retries }] = this.#queue;
    return (this.#queue.length >= LANES || job.kind === 'pieces') && retries === 0;
  }

  /** Jobs of the next batch when `places` batches may go: an even share, in whole groups of lanes if they help. */
  #share(places: number): number {
    const unit = this.#arena.hash?.sha1 === 'wasm' ? LANES : 1;
    return Math.min(MAX_BATCH_JOBS, Math.ceil(this.#queue.length / places / unit) * unit);
  }

  /**
   * A job whose worker was lost travels alone, so that one that kills workers takes no companions down. So does one of
   * many pieces, which is a batch by itself.
   */
  #take(most: number, maxBytes: number): Entry[] {
    let count = 0;
    let bytes = 0;
    let numbers = 0;
    for (const { job, retries } of this.#queue) {
      if (job.kind !== 'kernel') bytes += job.length;
      numbers += jobNumbers(job);
      const alone = retries > 0 || job.kind === 'pieces';
      const full = count >= most || bytes > maxBytes || numbers > PLACE_NUMBERS;
      if (count > 0 && (full || alone)) break;
      count++;
      if (alone) break;
    }
    return this.#queue.splice(0, count);
  }

  async #dispatch(batch: Entry[]): Promise<void> {
    this.#batches++;
    this.#batchesOut++;
    this.#running += batch.length;
    try {
      const results = await this.#run(batch.map(({ job }) => job));
      this.#crew.finishedBatch();
      this.#settle(batch, results);
    } catch (error) {
      this.#retry(batch, error);
    } finally {
      this.#batchesOut--;
      this.#running -= batch.length;
      this.#pump();
    }
  }

  /** A piece over a thousand files does not fit into the mailbox: the event loop does it itself. */
  async #run(jobs: readonly Job[]): Promise<JobResults> {
    const batch = encodeJobs(jobs);
    if (batch.length > PLACE_NUMBERS) return runJobs(this.#inline, jobs);
    const mailbox = this.#crew.mailbox ?? (await this.#crew.start());
    return mailbox.run(batch, jobs.length);
  }

  #break(error: MillraceError): void {
    this.#broken = error;
    for (const entry of this.#queue.splice(0)) entry.reject(error);
  }

  #runSlice(): void {
    const slice = this.#take(LANES, MAX_SLICE_BYTES);
    if (slice.length > 0) {
      this.#batches++;
      const results = runJobs(
        this.#inline,
        slice.map(({ job }) => job),
      );
      this.#settle(slice, results);
    }
    if (this.#queue.length > 0) this.#schedulePump();
    else this.#onIdle?.();
  }

  #settle(batch: readonly Entry[], { values, digests, failures, hashMs, fileMs }: JobResults): void {
    this.#hashMs += hashMs;
    this.#fileMs += fileMs;
    batch.forEach(({ job, resolve, reject }, i) => {
      this.#tasks++;
      if (job.kind === 'pieces') this.#pieces += (digests[i]?.length ?? 0) / SHA1_BYTES;
      else if (job.kind !== 'kernel' && job.kind !== 'read') this.#pieces++;
      const failure = failures[i];
      if (failure !== undefined)
        reject(job.kind === 'kernel' ? new RangeError(failure.message) : this.#mapError(failure));
      else resolve({ value: values[i], digest: digests[i] });
    });
  }

  #retry(batch: readonly Entry[], cause: unknown): void {
    const again: Entry[] = [];
    for (const entry of batch) {
      const { job } = entry;
      const mayRepeat = job.kind !== 'kernel' || !ONCE_ONLY.has(job.name);
      if (this.#broken !== undefined) entry.reject(this.#broken);
      else if (mayRepeat && entry.retries++ < MAX_RETRIES) again.push(entry);
      else entry.reject(lostError(job, entry.retries, cause));
    }
    this.#queue.unshift(...again);
  }
}

function lostError(job: Job, retries: number, cause: unknown): MillraceError {
  const message = `a worker ended while it ran a ${job.kind} job, after ${retries} tries`;
  return new MillraceError('ERR_WORKER_LOST', message, { job: job.kind, retries }, cause);
}

function toStorageError({ code, syscall, message }: IoFailure): MillraceError {
  return new MillraceError('ERR_STORAGE_IO', message, { code, syscall });
}
