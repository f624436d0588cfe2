// Charts as SVG, drawn by echarts without a browser. Colours by Okabe and Ito, told apart by everybody.
import { init } from 'echarts';

const COLORS = ['#0072B2', '#E69F00', '#009E73', '#CC79A7', '#D55E00', '#56B4E9', '#7F7F7F'];
const FONT = 'Helvetica, Arial, sans-serif';
const INK = '#222222';
const FAINT = '#DDDDDD';
const WIDTH = 860;
const BAR_PX = 20;
const GROUP_GAP_PX = 18;

/** @typedef {import('./stats.mjs').Summary} Summary */

/**
 * Horizontal bars of medians in groups; whiskers from minimum to maximum.
 * @param {object} chart
 * @param {string} chart.title
 * @param {string} chart.unit
 * @param {string} [chart.subtitle]
 * @param {readonly string[]} chart.groups names, from top to bottom
 * @param {readonly { name: string, values: readonly (Summary | undefined)[] }[]} chart.series a value a group
 * @returns {string} SVG
 */
export function barChart({ title, subtitle, unit, groups, series }) {
  const bandPx = series.length * BAR_PX + GROUP_GAP_PX;
  const legendPx = series.length > 1 ? 28 : 0;
  const top = 62 + legendPx + (subtitle ? 12 : 0);
  const height = top + groups.length * bandPx + 62;
  const longest = Math.max(...groups.map(name => name.length));
  const left = Math.min(300, 30 + longest * 7);
  const most = Math.max(0, ...series.flatMap(({ values }) => values.map(value => value?.max ?? 0)));
  return render(height, {
    ...heading(title, subtitle),
    legend: series.length > 1 ? legend(subtitle) : undefined,
    grid: { left, right: 70, top, bottom: 56 },
    xAxis: { ...axis(unit), type: 'value', min: 0, max: niceMax(most) },
    yAxis: {
      type: 'category',
      data: groups,
      inverse: true,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: INK } },
      axisLabel: { color: INK, fontFamily: FONT, fontSize: 12 },
    },
    series: series.map(({ name, values }, at) => ({
      type: 'custom',
      name,
      itemStyle: { color: COLORS[at % COLORS.length] },
      encode: { x: [1, 2, 3], y: 0 },
      data: values.map((value, group) => [group, value?.median ?? 0, value?.min ?? 0, value?.max ?? 0]),
      renderItem: (_, api) => drawBar(api, at, series.length),
    })),
  });
}

function drawBar(api, at, count) {
  const [group, median, min, max] = [0, 1, 2, 3].map(i => api.value(i));
  if (max === 0) return undefined;
  const [right, middle] = api.coord([median, group]);
  const [zero] = api.coord([0, group]);
  const [from] = api.coord([min, group]);
  const [to] = api.coord([max, group]);
  const top = middle + (at - count / 2) * BAR_PX + 1;
  const y = top + BAR_PX / 2 - 1;
  const line = (x1, y1, x2, y2) => ({
    type: 'line',
    shape: { x1, y1, x2, y2 },
    style: { stroke: INK, lineWidth: 1.2 },
  });
  const whisker =
    to - from > 4 ? [line(from, y, to, y), line(from, y - 4, from, y + 4), line(to, y - 4, to, y + 4)] : [];
  return {
    type: 'group',
    children: [
      {
        type: 'rect',
        shape: { x: zero, y: top, width: Math.max(1, right - zero), height: BAR_PX - 2 },
        style: { fill: api.visual('color') },
      },
      ...whisker,
      {
        type: 'text',
        x: Math.max(right, to) + 6,
        y,
        style: {
          text: label(median),
          fill: INK,
          font: `11px ${FONT}`,
          textVerticalAlign: 'middle',
          // a white edge, so that the lines of the grid do not run through it
          stroke: '#FFFFFF',
          lineWidth: 3,
        },
      },
    ],
  };
}

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
export function lineChart({
  title,
  subtitle,
  xTitle,
  yTitle,
  log = false,
  logX = log,
  wholeX = false,
  series,
}) {
  const top = 92 + (subtitle ? 12 : 0);
  const xs = series.flatMap(({ points }) => points.map(([x]) => x));
  return render(440, {
    ...heading(title, subtitle),
    legend: { ...legend(subtitle), data: series.flatMap(legendOf) },
    grid: { left: 84, right: 40, top, bottom: 64 },
    xAxis: {
      ...axis(xTitle),
      type: logX ? 'log' : 'value',
      ...(logX ? logBounds(xs) : { min: 0 }),
      ...(wholeX ? { minInterval: 1 } : {}),
    },
    yAxis: { ...axis(yTitle, 62), nameRotate: 90, type: log ? 'log' : 'value', ...(log ? {} : { min: 0 }) },
    series: series.flatMap((line, at) => drawLine(line, COLORS[at % COLORS.length])),
  });
}

function drawLine({ name, points, spread, fit, bare = false }, color) {
  const style = type => ({ type: 'line', itemStyle: { color }, lineStyle: { color, width: 2, type } });
  const parts = [{ ...style('solid'), name, data: points, symbol: bare ? 'none' : 'circle', symbolSize: 8 }];
  if (fit)
    parts.push({ ...style('dashed'), name: fitName(name, fit), data: fitted(points, fit), symbol: 'none' });
  if (spread) {
    parts.push({
      type: 'custom',
      data: points.map(([x], i) => [x, spread[i].min, spread[i].max]),
      encode: { x: 0, y: [1, 2] },
      renderItem: (_, api) => drawWhisker(api, color),
    });
  }
  return parts;
}

function fitName(name, { exponent }) {
  return `${name}, fit: exponent ${exponent.toFixed(2)}`;
}

/** A line for what was measured, dashes for the fit. */
function legendOf({ name, fit }) {
  const line = { name, icon: 'path://M0 4h18v3h-18z' };
  return fit ? [line, { name: fitName(name, fit), icon: 'path://M0 4h7v3h-7z M11 4h7v3h-7z' }] : [line];
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

function drawWhisker(api, color) {
  const [x, low] = api.coord([api.value(0), api.value(1)]);
  const [, high] = api.coord([api.value(0), api.value(2)]);
  const line = (x1, y1, x2, y2) => ({
    type: 'line',
    shape: { x1, y1, x2, y2 },
    style: { stroke: color, lineWidth: 1.4 },
  });
  return {
    type: 'group',
    children: [line(x, low, x, high), line(x - 5, low, x + 5, low), line(x - 5, high, x + 5, high)],
  };
}

function heading(title, subtitle) {
  return {
    backgroundColor: '#FFFFFF',
    animation: false,
    textStyle: { fontFamily: FONT, color: INK },
    title: {
      text: title,
      subtext: subtitle,
      left: 16,
      top: 12,
      itemGap: 5,
      textStyle: { fontFamily: FONT, fontSize: 17, fontWeight: 'bold', color: INK },
      subtextStyle: { fontFamily: FONT, fontSize: 12, color: '#555555' },
    },
  };
}

function legend(subtitle) {
  return {
    left: 12,
    top: subtitle ? 58 : 44,
    itemWidth: 18,
    itemHeight: 11,
    textStyle: { fontFamily: FONT, fontSize: 12, color: INK },
  };
}

function axis(name, nameGap = 34) {
  return {
    name,
    nameLocation: 'middle',
    nameGap,
    nameTextStyle: { fontFamily: FONT, fontSize: 12, color: INK },
    axisLine: { show: true, lineStyle: { color: INK } },
    axisLabel: { color: INK, fontFamily: FONT, fontSize: 11, formatter: label },
    splitLine: { lineStyle: { color: FAINT } },
  };
}

/** 1 200 000 as 1.2M: short enough for an axis. @param {number} value */
export function label(value) {
  const size = Math.abs(value);
  if (size >= 1e9) return `${short(value / 1e9)}G`;
  if (size >= 1e6) return `${short(value / 1e6)}M`;
  if (size >= 1e4) return `${short(value / 1e3)}k`;
  return short(value);
}

function short(value) {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return String(Number(value.toFixed(Math.min(digits, 8))));
}

/** A round bound that leaves room for the figure behind the longest bar. */
function niceMax(most) {
  if (!(most > 0)) return 1;
  const step = 10 ** Math.floor(Math.log10(most));
  for (const factor of [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10])
    if (factor * step >= most * 1.06) return factor * step;
  return 12 * step;
}

/** Whole powers of ten around the points. */
function logBounds(xs) {
  return {
    min: 10 ** Math.floor(Math.log10(Math.min(...xs))),
    max: 10 ** Math.ceil(Math.log10(Math.max(...xs))),
  };
}

function render(height, option) {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  try {
    chart.setOption(option);
    // only browsers know the attribute; a shift by the font's own measure looks the same everywhere
    return chart.renderToSVGString().replaceAll('dominant-baseline="central"', 'dy="0.35em"');
  } finally {
    chart.dispose();
  }
}
