// Statistics of samples: median and spread, and the exponent of growth. No dependency: it is a few lines.

/**
 * Quantile with linear interpolation between the two nearest samples (type 7 of Hyndman and Fan, as R and NumPy).
 * @param {readonly number[]} values at least one
 * @param {number} q 0 to 1
 */
export function quantile(values, q) {
  if (values.length === 0) throw new RangeError('a quantile needs at least one value');
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}

/** @param {readonly number[]} values */
export function median(values) {
  return quantile(values, 0.5);
}

/**
 * @typedef {object} Summary
 * @property {number} median
 * @property {number} min
 * @property {number} max
 * @property {number} samples
 */

/**
 * Median with the whole spread. With 5 to 10 samples minimum and maximum say more than quartiles.
 * @param {readonly number[]} values
 * @returns {Summary}
 */
export function summarize(values) {
  return {
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    samples: values.length,
  };
}

/**
 * Fits y = factor * x^exponent by least squares on the logarithms. All x and y must be above 0, x not all the same.
 * `r2` is the share of the variance that the line explains, 1 for a perfect fit.
 * @param {readonly (readonly [number, number])[]} points
 * @returns {{ exponent: number, factor: number, r2: number }}
 */
export function fitPower(points) {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)]);
  const { slope, intercept, r2 } = fitLine(logs);
  return { exponent: slope, factor: Math.exp(intercept), r2 };
}

/**
 * Fits y = intercept + slope * x by least squares.
 * @param {readonly (readonly number[])[]} points pairs, x not all the same
 */
export function fitLine(points) {
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  const sum = f => points.reduce((total, [x, y]) => total + f(x - meanX, y - meanY), 0);
  const xx = sum(dx => dx * dx);
  if (!(xx > 0)) throw new RangeError('a fit needs at least two different x');
  const xy = sum((dx, dy) => dx * dy);
  const yy = sum((_, dy) => dy * dy);
  const slope = xy / xx;
  return { slope, intercept: meanY - slope * meanX, r2: yy === 0 ? 1 : (xy * xy) / (xx * yy) };
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The same summary in another unit. @param {Summary} summary @param {number} unit divides @returns {Summary} */
export function inUnits({ median, min, max, samples }, unit) {
  return { median: median / unit, min: min / unit, max: max / unit, samples };
}
