/** Numbers and names as people read them. */
export { safeText } from '../values/safe-text.js';

const DECIMAL = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `104.9 MB`: powers of 1000, as disks and networks are sold. */
export function formatBytes(bytes: number): string {
  let step = 0;
  while (bytes >= 999.95 && step < DECIMAL.length - 1) {
    bytes /= 1000;
    step++;
  }
  return `${step === 0 ? Math.round(bytes) : bytes.toFixed(1)} ${DECIMAL[step]}`;
}

export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

const BINARY = ['B', 'KiB', 'MiB', 'GiB'];

/** `256 KiB`: for piece lengths, which are powers of two; others in plain bytes. */
export function formatPieceLength(bytes: number): string {
  let step = 0;
  while (bytes >= 1024 && bytes % 1024 === 0 && step < BINARY.length - 1) {
    bytes /= 1024;
    step++;
  }
  return `${bytes} ${BINARY[step]}`;
}

/** `3 s`, `1.23 s`, `45.0 s`, `3 m 05 s`, `2 h 07 m`, `4 d 03 h`. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'unknown';
  if (seconds < 60 && Number.isInteger(seconds)) return `${seconds} s`;
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${two(whole % 60)} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} m`;
  return `${Math.floor(whole / 86_400)} d ${two(Math.floor((whole % 86_400) / 3600))} h`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** Rounded down, so that 100 is only ever said of the whole. */
export function toPercent(done: number, total: number): number {
  return total === 0 ? 100 : Math.floor((100 * done) / total);
}

export function formatPercent(done: number, total: number): string {
  return `${toPercent(done, total)} %`;
}

export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** Runs of numbers in rising order: `3-5, 9`. */
export function formatRanges(ranges: readonly (readonly [number, number])[]): string {
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
}

/** Rising numbers as runs `[first, last]`. */
export function toRanges(numbers: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const n of numbers) {
    const last = ranges.at(-1);
    if (last && last[1] === n - 1) last[1] = n;
    else ranges.push([n, n]);
  }
  return ranges;
}

/** Seconds, ratios and the like in JSON: three decimal places, nothing that is not a number. */
export function round3(value: number): number | null {
  return Number.isFinite(value) ? Math.round(value * 1000) / 1000 : null;
}
