/** The look of all charts. Colours by Okabe and Ito, told apart by everybody. */
export const COLORS: readonly string[] = [
  '#0072B2',
  '#E69F00',
  '#009E73',
  '#CC79A7',
  '#D55E00',
  '#56B4E9',
  '#7F7F7F',
];
export const FONT = 'Helvetica, Arial, sans-serif';
export const INK = '#222222';
const FAINT = '#DDDDDD';
/** A background of its own, so that a chart can be read on a dark page too. */
export const PAPER = '#FFFFFF';
export const WIDTH = 860;

/** Room that title and subtitle take, and a row of the legend, in pixels. */
const HEADING_PX = 44;
const SUBTITLE_PX = 14;
const LEGEND_ROW_PX = 28;
/** A sign of the legend with the gaps around it, and a letter of its text at 12 px. */
const LEGEND_SIGN_PX = 40;
const LETTER_PX = 6.4;

export interface Heading {
  readonly title: string;
  readonly subtitle?: string;
}

export interface LegendEntry {
  readonly name: string;
  readonly icon?: string;
}

/** Title and legend, what every chart has in common, and where what it draws begins. */
export function frame(
  { title, subtitle }: Heading,
  entries: readonly LegendEntry[],
  width: number,
): { readonly option: object; readonly topPx: number } {
  const legendPx = HEADING_PX + (subtitle ? SUBTITLE_PX : 0);
  const option = {
    backgroundColor: PAPER,
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
    legend: {
      show: entries.length > 0,
      data: entries,
      selectedMode: false,
      left: 12,
      top: legendPx,
      itemGap: 16,
      itemWidth: 18,
      itemHeight: 11,
      textStyle: { fontFamily: FONT, fontSize: 12, color: INK },
    },
  };
  return { option, topPx: legendPx + legendRows(entries, width) * LEGEND_ROW_PX + 16 };
}

function legendRows(entries: readonly LegendEntry[], width: number): number {
  const widths = entries.map(({ name }) => LEGEND_SIGN_PX + name.length * LETTER_PX);
  let rows = widths.length === 0 ? 0 : 1;
  let used = 0;
  for (const entry of widths) {
    if (used > 0 && used + entry > width - 24) {
      rows++;
      used = 0;
    }
    used += entry;
  }
  return rows;
}

export function axisStyle(name: string, nameGap: number): object {
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

/** 1 200 000 as 1.2M: short enough for an axis. */
export function label(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${short(value / 1e9)}G`;
  if (size >= 1e6) return `${short(value / 1e6)}M`;
  if (size >= 1e4) return `${short(value / 1e3)}k`;
  return short(value);
}

function short(value: number): string {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return String(Number(value.toFixed(Math.min(digits, 8))));
}
