import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { LoopDelaySummary } from './source.js';

/** Between two looks. 20 a second cost 0.3 % of a core (Node 20.20), and a delay that matters spans several. */
const EVERY_MS = 50;
/** A summary is of the window that is over and the one that has begun. */
const WINDOW_MS = 10_000;

const MICROSECONDS = 1000;

/**
 * How late the event loop is, measured by a timer of its own. Not `monitorEventLoopDelay`: it counts the wait for its
 * timer as delay, and what happens around a reset not at all.
 */
export class LoopDelay {
  readonly #nowMs: () => number;
  #timer: NodeJS.Timeout | undefined;
  #lookedMs: number;
  #windowMs: number;
  #before: LoopDelaySummary = { p50Ms: 0, p99Ms: 0, maxMs: 0 };
  readonly #histogram: RecordableHistogram = createHistogram();

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
    this.#lookedMs = this.#windowMs = nowMs();
  }

  start(): this {
    this.#timer ??= setInterval(() => this.look(), EVERY_MS).unref();
    return this;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** What the timer does. */
  look(): void {
    const nowMs = this.#nowMs();
    const lateMs = Math.max(0, nowMs - this.#lookedMs - EVERY_MS);
    this.#lookedMs = nowMs;
    // a histogram holds no 0
    this.#histogram.record(Math.max(1, Math.round(lateMs * MICROSECONDS)));
    if (nowMs - this.#windowMs < WINDOW_MS) return;
    this.#before = this.#current();
    this.#histogram.reset();
    this.#windowMs = nowMs;
  }

  /** Of the last 10 to 20 s; of both windows the worse. */
  summary(): LoopDelaySummary {
    const [a, b] = [this.#before, this.#current()];
    return {
      p50Ms: Math.max(a.p50Ms, b.p50Ms),
      p99Ms: Math.max(a.p99Ms, b.p99Ms),
      maxMs: Math.max(a.maxMs, b.maxMs),
    };
  }

  #current(): LoopDelaySummary {
    const histogram = this.#histogram;
    if (histogram.count === 0) return { p50Ms: 0, p99Ms: 0, maxMs: 0 };
    return {
      p50Ms: histogram.percentile(50) / MICROSECONDS,
      p99Ms: histogram.percentile(99) / MICROSECONDS,
      maxMs: histogram.max / MICROSECONDS,
    };
  }
}
