import type { Range } from './line-chart.js';
import { type DrawApi, render, strokeLine } from './render.js';
import { axisStyle, COLORS, FONT, frame, type Heading, INK, label, PAPER, WIDTH } from './style.js';

const BAR_PX = 20;
const GROUP_GAP_PX = 18;

/** A number, or what was measured several times: a bar to the median, whiskers from minimum to maximum. */
export type BarValue = number | (Range & { readonly median: number });

export interface BarChart extends Heading {
  readonly unit: string;
  /** Names, from top to bottom. */
  readonly groups: readonly string[];
  /** A value for each group; none draws no bar. */
  readonly series: readonly { readonly name: string; readonly values: readonly (BarValue | undefined)[] }[];
}

/** Horizontal bars in groups, as SVG. */
export function barChart({ unit, groups, series, ...heading }: BarChart): string {
  const { option, topPx } = frame(
    heading,
    series.length > 1 ? series.map(({ name }) => ({ name })) : [],
    WIDTH,
  );
  const height = topPx + groups.length * (series.length * BAR_PX + GROUP_GAP_PX) + 62;
  const bars = series.map(({ values }) => values.map(toBar));
  const longest = Math.max(0, ...groups.map(name => name.length));
  const most = Math.max(0, ...bars.flat().map(bar => bar.max));
  return render(WIDTH, height, {
    ...option,
    grid: { left: Math.min(300, 30 + longest * 7), right: 70, top: topPx, bottom: 56 },
    xAxis: { ...axisStyle(unit, 34), type: 'value', min: 0, max: niceMax(most) },
    yAxis: {
      type: 'category',
      data: groups,
      inverse: true,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: INK } },
      axisLabel: { color: INK, fontFamily: FONT, fontSize: 12 },
    },
    series: series.map(({ name }, at) => ({
      type: 'custom',
      name,
      itemStyle: { color: COLORS[at % COLORS.length] },
      encode: { x: [1, 2, 3], y: 0 },
      data: bars[at].map(({ median, min, max }, group) => [group, median, min, max]),
      renderItem: (_: unknown, api: DrawApi) => drawBar(api, at, series.length),
    })),
  });
}

function toBar(value: BarValue | undefined): Range & { readonly median: number } {
  return typeof value === 'object' ? value : { median: value ?? 0, min: value ?? 0, max: value ?? 0 };
}

function drawBar(api: DrawApi, at: number, count: number): object | undefined {
  const [group, median, min, max] = [0, 1, 2, 3].map(i => api.value(i));
  if (max === 0) return undefined;
  const [right, middle] = api.coord([median, group]);
  const [zero] = api.coord([0, group]);
  const [from] = api.coord([min, group]);
  const [to] = api.coord([max, group]);
  const top = middle + (at - count / 2) * BAR_PX + 1;
  const y = top + BAR_PX / 2 - 1;
  const line = (x1: number, y1: number, x2: number, y2: number) => strokeLine(x1, y1, x2, y2, INK);
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
          // An edge, so that the lines of the grid do not run through it.
          stroke: PAPER,
          lineWidth: 3,
        },
      },
    ],
  };
}

/** A round bound that leaves room for the figure behind the longest bar. */
function niceMax(most: number): number {
  if (!(most > 0)) return 1;
  const step = 10 ** Math.floor(Math.log10(most));
  for (const factor of [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10])
    if (factor * step >= most * 1.06) return factor * step;
  return 12 * step;
}
