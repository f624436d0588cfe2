import { type DrawApi, render, strokeLine } from './render.js';
import { axisStyle, COLORS, frame, type Heading, type LegendEntry, WIDTH } from './style.js';

export type Point = readonly [x: number, y: number];

export interface Axis {
  readonly name: string;
  /** Shown behind the name: `time (s)`. */
  readonly unit?: string;
  /** Logarithmic; points that are not above 0 are left out. Else it begins at 0. */
  readonly log?: boolean;
  /** Where it ends; by the data when absent. */
  readonly max?: number;
  /** It counts things: no ticks between whole numbers. */
  readonly whole?: boolean;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

export interface Line {
  readonly name: string;
  /** A y that is not finite interrupts the line. */
  readonly points: readonly Point[];
  readonly dashed?: boolean;
  /** Place in the palette, by default that of the series: lines that belong together share one. */
  readonly color?: number;
  /** Each value holds until the next point. */
  readonly step?: boolean;
  /** A dot on each point, or dots only. */
  readonly marks?: boolean | 'only';
  /** A whisker for each point. */
  readonly whiskers?: readonly Range[];
  /** An area behind the line. */
  readonly band?: readonly (readonly [x: number, low: number, high: number])[];
}

export interface LineChart extends Heading {
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Line[];
  /** Pixels. */
  readonly size?: { readonly width: number; readonly height: number };
}

/** Lines over a quantity, as SVG. */
export function lineChart({ x, y, series, size, ...heading }: LineChart): string {
  const { width, height } = size ?? { width: WIDTH, height: 440 };
  const { option, topPx } = frame(heading, series.map(legendEntry), width);
  const xs = series.flatMap(({ points }) => points.map(([x]) => x));
  return render(width, height, {
    ...option,
    grid: { left: 84, right: 40, top: topPx, bottom: 64 },
    xAxis: { ...toAxis(x, 34), ...(x.log ? decades(xs, x.max) : {}) },
    yAxis: { ...toAxis(y, 62), nameRotate: 90 },
    series: series.flatMap((line, at) => draw(line, COLORS[(line.color ?? at) % COLORS.length])),
  });
}

function toAxis({ name, unit, log, max, whole }: Axis, nameGap: number): object {
  return {
    ...axisStyle(unit === undefined ? name : `${name} (${unit})`, nameGap),
    type: log ? 'log' : 'value',
    ...(log ? {} : { min: 0 }),
    max,
    ...(whole ? { minInterval: 1 } : {}),
  };
}

/** Whole powers of ten around the points. */
function decades(xs: readonly number[], max: number | undefined): Range {
  const positive = xs.filter(x => x > 0);
  return {
    min: 10 ** Math.floor(Math.log10(Math.min(...positive))),
    max: max ?? 10 ** Math.ceil(Math.log10(Math.max(...positive))),
  };
}

function draw({ name, points, dashed, step, marks, whiskers, band }: Line, color: string): object[] {
  const parts: object[] = [];
  if (band) parts.push(drawBand(band, color));
  parts.push({
    type: 'line',
    name,
    data: points.map(([x, y]) => [x, Number.isFinite(y) ? y : null]),
    step: step ? 'end' : false,
    symbol: marks ? 'circle' : 'none',
    symbolSize: 8,
    showAllSymbol: true,
    itemStyle: { color },
    lineStyle: { color, width: marks === 'only' ? 0 : 2, type: dashed ? 'dashed' : 'solid' },
  });
  if (whiskers) {
    parts.push({
      type: 'custom',
      data: points.map(([x], i) => [x, whiskers[i].min, whiskers[i].max]),
      encode: { x: 0, y: [1, 2] },
      renderItem: (_: unknown, api: DrawApi) => drawWhisker(api, color),
    });
  }
  return parts;
}

/** One polygon, there with the first point and back with the last. */
function drawBand(band: NonNullable<Line['band']>, color: string): object {
  return {
    type: 'custom',
    data: band,
    encode: { x: 0, y: [1, 2] },
    clip: true,
    renderItem({ dataIndex }: { dataIndex: number }, api: DrawApi) {
      if (dataIndex > 0) return undefined;
      const low = band.map(([x, low]) => api.coord([x, low]));
      const high = band.map(([x, , high]) => api.coord([x, high]));
      return {
        type: 'polygon',
        shape: { points: [...low, ...high.reverse()] },
        style: { fill: color, opacity: 0.18 },
      };
    },
  };
}

function drawWhisker(api: DrawApi, color: string): object {
  const [x, low] = api.coord([api.value(0), api.value(1)]);
  const [, high] = api.coord([api.value(0), api.value(2)]);
  return {
    type: 'group',
    children: [
      strokeLine(x, low, x, high, color),
      strokeLine(x - 5, low, x + 5, low, color),
      strokeLine(x - 5, high, x + 5, high, color),
    ],
  };
}

/** The sign of the legend is drawn as the line is. */
function legendEntry({ name, dashed, marks }: Line): LegendEntry {
  if (marks === 'only') return { name, icon: 'circle' };
  return { name, icon: dashed ? 'path://M0 4h7v3h-7z M11 4h7v3h-7z' : 'path://M0 4h18v3h-18z' };
}
