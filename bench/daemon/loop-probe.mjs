// Loaded into a daemon before its own code: SIGUSR2 starts to watch its event loop, the next one tells how it was.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** Timers are asked for so often; what is told is how much later they came. */
const RESOLUTION_MS = 5;
/** Time that the main thread ran, in ns, comes first: what others take of a core is not in it. */
const SCHEDULER = `/proc/self/task/${process.pid}/schedstat`;

const file = process.env.BENCH_LOOP_FILE;
let stop;

if (isMainThread && file !== undefined)
  process.on('SIGUSR2', () => {
    let facts = {};
    if (stop === undefined) stop = watch();
    else {
      facts = stop();
      stop = undefined;
    }
    writeFileSync(`${file}.new`, JSON.stringify(facts));
    renameSync(`${file}.new`, file);
  });

function watch() {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let [ran, longest] = [ranSoFar(), 0];
  const timer = setInterval(() => {
    const now = ranSoFar();
    longest = Math.max(longest, now - ran);
    ran = now;
  }, RESOLUTION_MS);
  return () => {
    clearInterval(timer);
    delay.disable();
    const late = nanoseconds => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    return {
      p50: late(delay.percentile(50)),
      p99: late(delay.percentile(99)),
      max: late(delay.max),
      busy: longest,
    };
  };
}

/** Milliseconds. */
function ranSoFar() {
  return Number(readFileSync(SCHEDULER, 'latin1').split(' ', 1)[0]) / 1e6;
}
