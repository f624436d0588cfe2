import { type Axis, type Line, type LineChart, lineChart, type Point } from './line-chart.js';

export interface Sample {
  readonly name: string;
  readonly values: readonly number[];
  /** How many there are in all, when some never got a value: the curve then ends below 100 %. */
  readonly of?: number;
  readonly dashed?: boolean;
}

export interface CdfChart extends Pick<LineChart, 'title' | 'subtitle' | 'size'> {
  readonly x: Axis;
  /** What has reached the value: `peers that are complete`. */
  readonly share: string;
  readonly series: readonly Sample[];
  /** Values to hold the curves against: dashed lines from bottom to top. */
  readonly marks?: readonly { readonly name: string; readonly at: number }[];
}

/** Shares of all that have reached a value, in steps, as SVG. */
export function cdfChart({ share, series, marks = [], ...chart }: CdfChart): string {
  const last = Math.max(...series.flatMap(({ values }) => values.reduce((a, b) => Math.max(a, b), 0)));
  return lineChart({
    ...chart,
    y: { name: share, unit: '%', max: 100 },
    series: [
      ...series.map(({ name, values, of, dashed }) => ({
        name,
        dashed,
        step: true,
        points: cdfPoints(values, of, chart.x.max ?? last),
      })),
      ...marks.map(
        ({ name, at }): Line => ({
          name,
          dashed: true,
          points: [
            [at, 0],
            [at, 100],
          ],
        }),
      ),
    ],
  });
}

/** Steps in per cent, from 0 and on to `last`. */
export function cdfPoints(values: readonly number[], of = values.length, last?: number): Point[] {
  const sorted = [...values].sort((a, b) => a - b);
  const steps = sorted.map((value, i): Point => [value, (100 * (i + 1)) / of]);
  const points: Point[] = [[0, 0], ...steps];
  const [x, y] = points[points.length - 1];
  if (last !== undefined && last > x) points.push([last, y]);
  return points;
}
