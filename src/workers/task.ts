/** Entry of the worker threads: runs from dist/bundle, also when the pool itself runs from source. */
import { parentPort, threadId, workerData } from 'node:worker_threads';
import { combineHash, type HashCandidates, type HashChoice } from '../engine/kernels/select.js';
import type { Kernels } from '../engine/kernels/types.js';
import { decideByMeasuring, decidedHash, mayMeasureHash, undecidedHash } from './hash-choice.js';
import type { JobContext } from './hash-slots.js';
import { createInstance, type SharedParts } from './instance.js';
import { decodeJobs, type Job } from './jobs.js';
import { digestsAt } from './layout.js';
import { type Server, serveMailbox } from './mailbox.js';
import { type JobResults, runJobs } from './run-jobs.js';
import { claimArea, ownersView } from './threads.js';

/** What the pool hands to each worker as `workerData`. */
export interface TaskData extends SharedParts {
  readonly areas: number;
  readonly receiveAt: number;
  readonly mailbox: SharedArrayBuffer;
  readonly seats: number;
}

/** From this batch on a worker measures which backend hashes fastest: somebody waits for the first. */
const MEASURING_BATCH = 2;

class Thread {
  readonly #parts: TaskData;
  readonly #area: number;
  readonly #base: Kernels;
  readonly #candidates: HashCandidates;
  #decided: HashChoice | undefined;
  #context: JobContext;
  #batches = 0;

  constructor(parts: TaskData) {
    this.#parts = parts;
    this.#area = claimArea(ownersView(parts.buffer, parts.areas), threadId);
    const { base, candidates } = createInstance(parts, this.#area);
    this.#base = base;
    this.#candidates = candidates;
    this.#context = this.#contextWith(undecidedHash(candidates));
  }

  run(jobs: readonly Job[]): JobResults {
    this.#batches++;
    if (this.#decided === undefined) this.#decide();
    return runJobs(this.#context, jobs);
  }

  #decide(): void {
    const { buffer, receiveAt } = this.#parts;
    this.#decided = decidedHash(buffer);
    if (this.#decided === undefined && this.#batches >= MEASURING_BATCH && mayMeasureHash(buffer))
      this.#decided = decideByMeasuring(buffer, this.#candidates, receiveAt, digestsAt(this.#area));
    if (this.#decided !== undefined) this.#context = this.#contextWith(this.#decided);
  }

  #contextWith(hash: HashChoice): JobContext {
    const { buffer } = this.#parts;
    const kernels = combineHash(this.#base, this.#candidates, hash);
    return { kernels, bytes: new Uint8Array(buffer), digestsAt: digestsAt(this.#area), hash };
  }
}

const { mailbox, seats } = workerData as TaskData;
const thread = new Thread(workerData as TaskData);

/** Task of the pool: serves the mailbox until there is nothing to do. */
export function serve(server: Server): void {
  serveMailbox(
    mailbox,
    seats,
    server,
    batch => thread.run(decodeJobs(batch)),
    message => parentPort!.postMessage(message),
  );
}

/** Task that only makes the pool have a thread. */
export function idle(): void {}
