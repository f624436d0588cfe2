// Figures as text: three digits that count, the spread behind the median.

/** Three significant digits, without an exponent: 0.00123, 1.23, 123, 12300. @param {number} value */
export function figure(value) {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const digits = 2 - Math.floor(Math.log10(Math.abs(value)));
  if (digits <= 0) return group(Math.round(value / 10 ** -digits) * 10 ** -digits);
  return value.toFixed(Math.min(digits, 6));
}

/** `612 (598 to 640)`. @param {import('./stats.mjs').Summary} summary @param {number} [unit] divides the figures */
export function spread({ median, min, max }, unit = 1) {
  return `${figure(median / unit)} (${figure(min / unit)} to ${figure(max / unit)})`;
}

/** `1.31 ×`. @param {number} ratio */
export function times(ratio) {
  return `${figure(ratio)} ×`;
}

/** Seconds at a scale that reads well. @param {number} seconds */
export function duration(seconds) {
  if (seconds < 1e-6) return `${figure(seconds * 1e9)} ns`;
  if (seconds < 1e-3) return `${figure(seconds * 1e6)} µs`;
  if (seconds < 1) return `${figure(seconds * 1e3)} ms`;
  return `${figure(seconds)} s`;
}

/** Powers of two: `16 KiB`. @param {number} bytes */
export function size(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let step = 0;
  while (step < units.length - 1 && bytes >= 1024) {
    bytes /= 1024;
    step++;
  }
  return `${Number.isInteger(bytes) ? bytes : figure(bytes)} ${units[step]}`;
}

/** Whole numbers with separators. @param {number} value */
export function group(value) {
  return Math.round(value).toLocaleString('en-US');
}
