import { createRequire } from 'node:module';
import type cliProgress from 'cli-progress';
import { formatBytes, formatPercent, formatRate, formatSeconds, toPercent } from './format.js';
import type { Output, OutputStream } from './output.js';

/** How far some work on bytes is. Rates are bytes a second. */
export interface Progress {
  /** What is being done, one word: `Hashing`. */
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly down?: number;
  readonly up?: number;
  readonly peers?: number;
  /** Payload so far, bytes. */
  readonly downloaded?: number;
  readonly uploaded?: number;
}

export interface ProgressView {
  update(progress: Progress): void;
  /** No more of it; a bar goes from the screen. */
  stop(): void;
}

/** JSON events and plain lines come at most so often. */
const INTERVAL_MS = 1000;
/** Plain lines: every so many per cent, and at least every so often. */
const PLAIN_STEP_PERCENT = 10;
const PLAIN_INTERVAL_MS = 10_000;
/** Characters between the brackets of the bar. */
const MIN_BAR = 5;
const MAX_BAR = 40;
/** A timer of the same interval may fire a little early. */
const EARLY = 0.9;

/** JSON events beside `--json`, a live bar on a terminal, plain lines otherwise. */
export function openProgress(output: Output, intervalMs = INTERVAL_MS): ProgressView {
  if (output.json) return jsonEvents(output, intervalMs);
  return output.terminal ? liveBar(output.terminal) : plainLines(output);
}

function jsonEvents(output: Output, intervalMs: number): ProgressView {
  const repeats = repeated();
  let lastMs = Number.NEGATIVE_INFINITY;
  let finished = false;
  return {
    update({ label: _, ...fields }) {
      const nowMs = performance.now();
      const finishes = !finished && fields.done === fields.total;
      finished ||= finishes;
      if (!finishes && nowMs - lastMs < intervalMs * EARLY) return;
      if (repeats(fields)) return;
      lastMs = nowMs;
      output.event('progress', fields);
    },
    stop() {},
  };
}

function plainLines(output: Output): ProgressView {
  const repeats = repeated();
  // What is over within a second needs no line.
  let lastMs = performance.now();
  let nextPercent = 0;
  return {
    update(progress) {
      const percent = toPercent(progress.done, progress.total);
      const nowMs = performance.now();
      if (nowMs - lastMs < (percent >= nextPercent ? INTERVAL_MS * EARLY : PLAIN_INTERVAL_MS)) return;
      if (repeats(progress)) return;
      lastMs = nowMs;
      nextPercent = percent + PLAIN_STEP_PERCENT;
      const details = Object.values(detailsOf(progress));
      output.line(
        [`${progress.label} ${formatPercent(progress.done, progress.total)}`, ...details].join('  '),
      );
    },
    stop() {},
  };
}

/** True for what says nothing new once all is done: a seed without visitors is silent. */
function repeated(): (progress: Omit<Progress, 'label'>) => boolean {
  let last = '';
  return progress => {
    const now = JSON.stringify(progress);
    const same = now === last && progress.done === progress.total;
    last = now;
    return same;
  };
}

function liveBar(stream: OutputStream): ProgressView {
  let bar: cliProgress.SingleBar | undefined;
  return {
    update(progress) {
      if (bar) bar.update(progress.done, progress);
      else {
        bar = new (loadBars().SingleBar)({
          ...barOptions(stream),
          clearOnComplete: true,
          format: barFormat(stream),
        });
        restoreAtExit(bar);
        bar.start(progress.total, progress.done, progress);
      }
      bar.setTotal(progress.total);
    },
    stop() {
      bar?.stop();
    },
  };
}

/** Loaded for a terminal alone: 10 ms that a command with redirected output saves. */
function loadBars(): typeof cliProgress {
  return createRequire(import.meta.url)('cli-progress');
}

/** Options of cli-progress for all of our bars; signals are ours to handle. */
export function barOptions(stream: OutputStream): cliProgress.Options {
  return { stream, hideCursor: true, linewrap: false, gracefulExit: false, fps: 8, emptyOnZero: true };
}

/** What a line says besides, by name, in order. */
type Details = Readonly<Record<string, string>>;

/** What a terminal that is too narrow for all does without, one after the other. */
const LEAST_NEEDED = ['up', 'bar', 'peers', 'bytes', 'left', 'down'];

/** `label [====    ] 42 %  details`, as wide as the terminal lets it be. */
export function barFormat(
  stream: OutputStream,
  describe: (progress: Progress) => Details = detailsOf,
): cliProgress.GenericFormatter {
  return (_options, _params, progress: Progress) => {
    const columns = stream.columns ?? 80;
    const details = new Map(Object.entries(describe(progress)));
    const percent = formatPercent(progress.done, progress.total).padStart(5);
    const line = (width: number) => {
      const head = width > 0 ? `${progress.label} ${drawBar(progress, width)}` : progress.label;
      return [`${head} ${percent}`, ...details.values()].join('  ');
    };
    let width = MIN_BAR;
    for (const name of LEAST_NEEDED) {
      if (line(width).length <= columns) break;
      if (name === 'bar') width = 0;
      else details.delete(name);
    }
    if (width > 0) width = Math.min(MAX_BAR, width + columns - line(width).length);
    return line(width);
  };
}

function drawBar({ done, total }: Progress, width: number): string {
  const filled = total === 0 ? 0 : Math.floor((width * done) / total);
  return `[${'='.repeat(filled)}${' '.repeat(width - filled)}]`;
}

/** A second Ctrl-C ends the process at once, but not with a hidden cursor. */
export function restoreAtExit(bar: { isActive: boolean; stop(): void }): void {
  process.once('exit', () => {
    if (bar.isActive) bar.stop();
  });
}

/** What a finished torrent has is said shorter. */
function detailsOf({ done, total, down, up, peers }: Progress): Details {
  return {
    bytes: `${formatBytes(done)} of ${formatBytes(total)}`,
    ...(down !== undefined && (done < total || down > 0) && { down: `${formatRate(down)} down` }),
    ...(up !== undefined && { up: `${formatRate(up)} up` }),
    ...(peers !== undefined && { peers: peers === 1 ? '1 peer' : `${peers} peers` }),
    ...(down !== undefined &&
      down > 0 &&
      done < total && { left: `${formatSeconds((total - done) / down)} left` }),
  };
}
