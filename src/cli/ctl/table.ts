import type { Output } from '../output.js';

export interface Column<Row> {
  readonly title: string;
  /** Numbers end in one line. */
  readonly right?: boolean;
  readonly text: (row: Row) => string;
}

const GAP = '  ';

/** Rows below a heading, each column as wide as its widest text; the last is cut where the terminal ends. */
export function printTable<Row>(output: Output, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  const cells = rows.map(row => columns.map(({ text }) => text(row)));
  const widths = columns.map(({ title }, i) =>
    cells.reduce((width, row) => Math.max(width, row[i].length), title.length),
  );
  const room = output.terminal?.columns ?? Number.POSITIVE_INFINITY;
  const line = (texts: readonly string[]) => {
    const padded = texts.map((text, i) => {
      if (columns[i].right) return text.padStart(widths[i]);
      return i === texts.length - 1 ? text : text.padEnd(widths[i]);
    });
    return cut(padded.join(GAP), room);
  };
  output.line(output.style('bold', line(columns.map(({ title }) => title))));
  for (const row of cells) output.line(line(row));
}

function cut(line: string, room: number): string {
  if (line.length <= room) return line;
  // by code points, so that none is cut in two
  return `${[...line].slice(0, room - 1).join('')}…`;
}
