// Loaded into a daemon before its own code: writes how late its event loop was since it was last asked, on SIGUSR2.
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** Timers are asked for so often; what is told is how much later they came. */
const RESOLUTION_MS = 5;

const file = process.env.BENCH_LOOP_FILE;
if (isMainThread && file !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  process.on('SIGUSR2', () => {
    const late = nanoseconds => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    const facts = { max: late(delay.max), p99: late(delay.percentile(99)), p50: late(delay.percentile(50)) };
    delay.reset();
    writeFileSync(`${file}.new`, JSON.stringify(facts));
    renameSync(`${file}.new`, file);
  });
}
