/** Charts of equal width one below the other, as one SVG. */
export function stack(charts: readonly string[]): string {
  const sizes = charts.map(chart => {
    const [, width, height] = /<svg width="(\d+)" height="(\d+)"/.exec(chart)!;
    return { width: Number(width), height: Number(height) };
  });
  const width = Math.max(...sizes.map(size => size.width));
  let y = 0;
  const placed = charts.map((chart, i) => {
    const top = y;
    y += sizes[i].height;
    // An id is one of the whole file.
    const own = chart.replace(/(id="|url\(#)zr-/g, `$1zr${i}-`);
    return own.replace('<svg ', `<svg y="${top}" `);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}">\n${placed.join('\n')}\n</svg>`;
}
