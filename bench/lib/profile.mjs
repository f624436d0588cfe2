// What a process spends its time on: V8's sampling profiler on all of its threads, self times summed up by group.
import { openTargets } from './inspector.mjs';
import { groupOf } from './profile-groups.mjs';

/** A block of 16 KiB is received every 20 to 30 µs: a second of transfer has thousands of samples all the same. */
const INTERVAL_US = 200;

/**
 * @typedef {Readonly<Record<string, number>>} SelfTimes seconds by group
 * @typedef {{ loop: SelfTimes, workers: SelfTimes }} Profile of the event loop, and of all workers together
 */

/** Profiles this process from `start` to `stop`. */
export class Profiler {
  /** @type {import('./inspector.mjs').Targets | undefined} */
  #targets;

  async start() {
    this.#targets = await openTargets();
    const { loop, workers } = this.#targets;
    for (const target of [...workers, loop]) {
      await target.post('Profiler.enable');
      await target.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
      await target.post('Profiler.start');
    }
  }

  /** @returns {Promise<Profile>} */
  async stop() {
    const { loop, workers, close } = this.#targets;
    const profiles = [];
    for (const target of [loop, ...workers]) profiles.push((await target.post('Profiler.stop')).profile);
    close();
    return { loop: selfTimes(profiles.slice(0, 1)), workers: selfTimes(profiles.slice(1)) };
  }
}

/** @param {readonly import('node:inspector').Profiler.Profile[]} profiles @returns {SelfTimes} */
export function selfTimes(profiles) {
  const seconds = {};
  for (const { nodes, samples, timeDeltas } of profiles) {
    const groups = groupsOf(nodes);
    samples.forEach((id, i) => {
      const group = groups.get(id);
      seconds[group] = (seconds[group] ?? 0) + timeDeltas[i] / 1e6;
    });
  }
  return seconds;
}

/** Group of each node by its id; a profile lists callers before those they call. */
function groupsOf(nodes) {
  const groups = new Map();
  const callers = new Map();
  for (const { id, callFrame, children = [] } of nodes) {
    groups.set(id, groupOf(callFrame, groups.get(callers.get(id))));
    for (const child of children) callers.set(child, id);
  }
  return groups;
}
