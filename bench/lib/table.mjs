// Tables for the terminal and for Markdown. Cells are text already; columns but the first are figures, to the right.

/**
 * @typedef {object} Table
 * @property {string} title
 * @property {readonly string[]} columns
 * @property {readonly (readonly string[])[]} rows
 * @property {readonly string[]} [notes] lines below the table
 * @property {readonly number[]} [left] columns besides the first that are text, aligned to the left
 */

/** @param {Table} table @returns {string} lines without a newline at the end */
export function renderText({ title, columns, rows, notes = [], left = [] }) {
  const widths = columns.map((column, i) => Math.max(width(column), ...rows.map(row => width(row[i] ?? ''))));
  const line = cells =>
    columns
      .map((_, i) => (isLeft(i, left) ? padEnd : padStart)(cells[i] ?? '', widths[i]))
      .join('  ')
      .trimEnd();
  const rule = widths.map(w => '─'.repeat(w)).join('  ');
  return [title, '', line(columns), rule, ...rows.map(line), ...notes.map(note => `  ${note}`)].join('\n');
}

/** @param {Table} table */
export function renderMarkdown({ title, columns, rows, notes = [], left = [] }) {
  const line = cells => `| ${columns.map((_, i) => escapeCell(cells[i] ?? '')).join(' | ')} |`;
  const rule = `| ${columns.map((_, i) => (isLeft(i, left) ? ':--' : '--:')).join(' | ')} |`;
  const below = notes.length > 0 ? ['', ...notes.map(note => `- ${note}`)] : [];
  return [`### ${title}`, '', line(columns), rule, ...rows.map(line), ...below].join('\n');
}

function isLeft(column, left) {
  return column === 0 || left.includes(column);
}

function escapeCell(text) {
  return text.replaceAll('|', '\\|');
}

/** Characters as a terminal shows them: all that we print are one column wide. */
function width(text) {
  return [...text].length;
}

function padEnd(text, columns) {
  return text + ' '.repeat(columns - width(text));
}

function padStart(text, columns) {
  return ' '.repeat(columns - width(text)) + text;
}
