/** Entry of the worker threads: runs from dist, also when the pool itself runs from source. */
import { threadId, workerData } from 'node:worker_threads';
import { createThreadKernels, type SharedParts } from './instance.js';
import { decodeJobs } from './jobs.js';
import { digestsAt } from './layout.js';
import { type JobContext, type JobResults, runJobs } from './run-jobs.js';
import { claimArea, ownersView } from './threads.js';

/** What the pool hands to each worker as `workerData`. */
export interface TaskData extends SharedParts {
  readonly areas: number;
}

function start({ areas, ...parts }: TaskData): JobContext {
  const area = claimArea(ownersView(parts.buffer, areas), threadId);
  return {
    kernels: createThreadKernels(parts, area),
    bytes: new Uint8Array(parts.buffer),
    digestsAt: digestsAt(area),
    hash: parts.hash,
  };
}

const context = start(workerData as TaskData);

/** Task of the pool: a batch of jobs as encoded by `encodeJobs`. */
export function runTask(batch: Float64Array): JobResults {
  return runJobs(context, decodeJobs(batch));
}
