// Charts of the suite, drawn as the command line draws its own.
import { lineChart as drawLines } from '../../dist/cli/charts/index.js';

export { barChart, label } from '../../dist/cli/charts/index.js';

/** @typedef {import('./stats.mjs').Summary} Summary */

/**
 * Lines over a growing quantity. A series may have whiskers, and the curve that was fitted to it.
 * @param {object} chart
 * @param {string} chart.title
 * @param {string} [chart.subtitle]
 * @param {string} chart.xTitle
 * @param {string} chart.yTitle
 * @param {boolean} [chart.log] both axes logarithmic
 * @param {boolean} [chart.logX] only the horizontal one
 * @param {boolean} [chart.wholeX] the horizontal one counts things
 * @param {readonly Line[]} chart.series
 * @returns {string} SVG
 *
 * @typedef {object} Line
 * @property {string} name
 * @property {readonly (readonly [number, number])[]} points
 * @property {readonly Summary[]} [spread] a whisker a point
 * @property {{ factor: number, exponent: number }} [fit] y = factor * x^exponent, dashed
 * @property {boolean} [bare] no marks: a curve of many points
 */
export function lineChart({ title, subtitle, xTitle, yTitle, log = false, logX = log, wholeX, series }) {
  return drawLines({
    title,
    subtitle,
    x: { name: xTitle, log: logX, whole: wholeX },
    y: { name: yTitle, log },
    series: series.flatMap(({ name, points, spread, fit, bare = false }, color) => [
      { name, points, whiskers: spread, marks: !bare, color },
      ...(fit ? [{ name: fitName(name, fit), points: fitted(points, fit), dashed: true, color }] : []),
    ]),
  });
}

function fitName(name, { exponent }) {
  return `${name}, fit: exponent ${exponent.toFixed(2)}`;
}

/** Points of the curve between the first and the last x, close enough to look round on any axis. */
function fitted(points, { factor, exponent }) {
  const xs = points.map(([x]) => x);
  const [from, to] = [Math.min(...xs), Math.max(...xs)];
  return Array.from({ length: 41 }, (_, i) => {
    const x = from * (to / from) ** (i / 40);
    return [x, factor * x ** exponent];
  });
}
