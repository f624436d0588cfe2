// The child's side of processes.mjs: answers what the suite asks, ends with it.
import { ownUsage } from './usage.mjs';

let profiler;

/** Questions that every child answers. What looks inside is loaded when it is asked for: it must not weigh on the rest. */
const COMMON = {
  usage: ownUsage,
  threadTimes: async () => (await import('./threads.mjs')).threadTimes(),
  async startProfile() {
    const { Profiler } = await import('./profile.mjs');
    profiler = new Profiler();
    await profiler.start();
  },
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
