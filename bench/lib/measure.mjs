// Short functions in turn, by tinybench.
import { Bench } from 'tinybench';
import { Rounds } from './pairs.mjs';

/** A sample of tinybench takes at least so long, or the clock would be what it measures. */
const MIN_SAMPLE_MS = 0.05;

/** V8 has compiled a hot wasm function some 15 ms after its first call (Node 20). */
const WARM_UP_MS = 25;

/**
 * @param {Readonly<Record<string, () => void>>} variants
 * @param {{ samples: number, timeMs: number }} options rounds, and time for each variant in a round
 * @returns {Promise<Rounds<number>>} seconds of one call: the median of the round
 */
export async function measure(variants, { samples, timeMs }) {
  // No warm-up by tinybench: all variants are warm already, and rounds are short so that they lie side by side.
  const bench = new Bench({ time: timeMs, iterations: 1, warmup: false, throws: true });
  const repeats = {};
  for (const [name, call] of Object.entries(variants)) {
    const repeat = calibrate(call);
    repeats[name] = repeat;
    bench.add(name, () => {
      for (let i = 0; i < repeat; i++) call();
    });
  }
  const rounds = [];
  for (let round = -1; round < samples; round++) {
    bench.reset(); // or it would keep what it has
    await bench.run();
    if (round >= 0)
      rounds.push(
        Object.fromEntries(
          bench.tasks.map(({ name, result }) => [name, result.latency.p50 / 1000 / repeats[name]]),
        ),
      );
  }
  return new Rounds(rounds);
}

/** Calls that make a sample long enough; warms the code up on the way. */
function calibrate(call) {
  const startMs = performance.now();
  let calls = 0;
  do {
    call();
    calls++;
  } while (performance.now() - startMs < WARM_UP_MS);
  // once more, now at full speed
  const warmMs = performance.now();
  const half = Math.ceil(calls / 2);
  for (let i = 0; i < half; i++) call();
  const eachMs = (performance.now() - warmMs) / half;
  return Math.max(1, Math.ceil(MIN_SAMPLE_MS / eachMs));
}
