/** Numbers as people read them. What is unknown is a dash, and nothing is left blank but a rate of zero. */

export const DASH = '–';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Decimal units, as the rest of the program prints them; three digits. */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : threeDigits(value)} ${UNITS[unit]}`;
}

export function rate(bytesPerSecond: number): string {
  return bytesPerSecond < 1 ? '' : `${bytes(bytesPerSecond)}/s`;
}

function threeDigits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

/** Never 100 % before it is. */
export function percent(share: number): string {
  return share >= 1 ? '100%' : `${(Math.floor(share * 1000 + 1e-9) / 10).toFixed(1)}%`;
}

const SPANS: readonly (readonly [number, string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** The two largest units: `3 d 4 h`, `12 min`. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds) || seconds < 0) return DASH;
  if (seconds >= 365 * 86_400) return '> 1 y';
  const first = SPANS.findIndex(([length]) => seconds >= length);
  if (first < 0) return '0 s';
  const [length, name] = SPANS[first];
  const whole = `${Math.floor(seconds / length)} ${name}`;
  const next = SPANS[first + 1];
  const rest = next === undefined ? 0 : Math.floor((seconds % length) / next[0]);
  return first >= 2 || rest === 0 ? whole : `${whole} ${rest} ${next[1]}`;
}

/** Infinity arrives as null: something was sent, and nothing was downloaded. */
export function ratio(value: number | null): string {
  return value === null ? '∞' : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

export function copies(value: number | null): string {
  return value === null ? '∞' : value < 10 ? value.toFixed(1) : String(Math.floor(value));
}

export function count(value: number): string {
  return value.toLocaleString('en').replaceAll(',', '\u202f');
}
