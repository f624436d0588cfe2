/** Entry of the worker threads: runs from dist, also when the pool itself runs from source. */
import { parentPort, threadId, workerData } from 'node:worker_threads';
import { createThreadKernels, type SharedParts } from './instance.js';
import { decodeJobs } from './jobs.js';
import { digestsAt } from './layout.js';
import { type Server, serveMailbox } from './mailbox.js';
import { type JobContext, runJobs } from './run-jobs.js';
import { claimArea, ownersView } from './threads.js';

/** What the pool hands to each worker as `workerData`. */
export interface TaskData extends SharedParts {
  readonly areas: number;
  readonly mailbox: SharedArrayBuffer;
  readonly seats: number;
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

const { mailbox, seats } = workerData as TaskData;
const context = start(workerData as TaskData);

/** Task of the pool: serves the mailbox until there is nothing to do. */
export function serve(server: Server): void {
  serveMailbox(
    mailbox,
    seats,
    server,
    batch => runJobs(context, decodeJobs(batch)),
    message => parentPort!.postMessage(message),
  );
}

/** Task that only makes the pool have a thread. */
export function idle(): void {}
