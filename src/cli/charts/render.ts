import { init } from 'echarts/dist/echarts.esm.min.mjs';

/** What a custom series draws with: pixels of a point, and the series' numbers and colour. */
export interface DrawApi {
  value(dimension: number): number;
  coord(point: readonly [x: number, y: number]): [x: number, y: number];
  visual(name: 'color'): string;
}

/** Draws without a browser. The same option gives the same bytes, whatever was drawn before. */
export function render(width: number, height: number, option: object): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption(option);
    return (
      chart
        .renderToSVGString()
        // What changes under the mouse, and names of clip paths: both count the charts drawn in this process.
        .replace(/<style[\s\S]*?<\/style>\s*| class="zr[^"]*"/g, '')
        .replace(/(id="|url\(#)zr\d+-/g, '$1zr-')
        // Only browsers know the attribute; a shift by the font's own measure looks the same everywhere.
        .replaceAll('dominant-baseline="central"', 'dy="0.35em"')
    );
  } finally {
    chart.dispose();
  }
}

export function strokeLine(x1: number, y1: number, x2: number, y2: number, stroke: string): object {
  return { type: 'line', shape: { x1, y1, x2, y2 }, style: { stroke, lineWidth: 1.3 } };
}
