// The child's side of processes.mjs: answers what the suite asks, ends with it.
import { Profiler } from './profile.mjs';
import { threadTimes } from './threads.mjs';
import { ownUsage } from './usage.mjs';

const profiler = new Profiler();

/** Questions that every child answers. */
const COMMON = {
  usage: ownUsage,
  threadTimes,
  startProfile: () => profiler.start(),
  stopProfile: () => profiler.stop(),
};

/** @param {Readonly<Record<string, (args: any) => unknown>>} handlers by name of the question */
export function serve(handlers) {
  const all = { ...COMMON, ...handlers };
  process.on('message', async ({ id, name, args }) => {
    let answer;
    try {
      answer = { id, result: await all[name](args) };
    } catch (error) {
      answer = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    if (process.connected) process.send(answer);
  });
  process.on('disconnect', () => process.exit());
}
