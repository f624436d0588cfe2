/** Entry of the worker threads: runs from dist, also when the pool itself runs from source. */
import { parentPort, threadId, workerData } from 'node:worker_threads';
import { createThreadKernels, type SharedParts } from './instance.js';
import { decodeJobs } from './jobs.js';
import { digestsAt } from './layout.js';
import { serveMailbox } from './mailbox.js';
import { type JobContext, runJobs } from './run-jobs.js';
import { claimArea, ownersView } from './threads.js';

/** What the pool hands to each worker as `workerData`. */
export interface TaskData extends SharedParts {
  readonly areas: number;
  readonly mailbox: SharedArrayBuffer;
  readonly servers: number;
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

const { mailbox, servers } = workerData as TaskData;
const context = start(workerData as TaskData);

/** Task of the pool: serves the mailbox as that server until there is nothing to do. */
export function serve(server: number): void {
  serveMailbox(
    mailbox,
    servers,
    server,
    batch => runJobs(context, decodeJobs(batch)),
    message => parentPort!.postMessage(message),
  );
}

/** Task that only makes the pool have a thread. */
export function idle(): void {}
