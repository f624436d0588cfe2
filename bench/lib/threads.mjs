// CPU time by thread, where the system tells: Linux.
import { readdirSync, readFileSync } from 'node:fs';
import { openTargets } from './inspector.mjs';

/**
 * @typedef {object} ThreadTimes CPU seconds so far
 * @property {number} loop the thread of the event loop
 * @property {number} workers all of them
 * @property {number} others V8's own (collector, compiler) and libuv's pool
 */

/** A worker knows itself by no other way: Node does not hand out the system's number of a thread. */
const OWN_THREAD = "process.getBuiltinModule('node:fs').readlinkSync('/proc/thread-self')";

/** Of this process and the workers that are up. @returns {Promise<ThreadTimes | undefined>} */
export async function threadTimes() {
  const seconds = readThreads();
  if (seconds === undefined) return undefined;
  const targets = await openTargets();
  const workers = await Promise.all(targets.workers.map(threadOf));
  targets.close();
  const sum = ids => ids.reduce((total, id) => total + (seconds.get(id) ?? 0), 0);
  const loop = sum([String(process.pid)]);
  return { loop, workers: sum(workers), others: sum([...seconds.keys()]) - loop - sum(workers) };
}

/** @returns {Promise<string>} number of the thread */
async function threadOf(worker) {
  const { result } = await worker.post('Runtime.evaluate', { expression: OWN_THREAD, returnByValue: true });
  return result.value.split('/').at(-1);
}

/** Seconds by number of the thread. The first figure of schedstat is nanoseconds on a core (proc_pid_schedstat(5)). */
function readThreads() {
  try {
    const threads = readdirSync('/proc/self/task');
    return new Map(
      threads.map(id => [
        id,
        Number(readFileSync(`/proc/self/task/${id}/schedstat`, 'utf8').split(' ')[0]) / 1e9,
      ]),
    );
  } catch {
    return undefined;
  }
}
