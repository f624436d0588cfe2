// Markdown of the findings.

const COLUMNS = 118;

/** Sentences in lines that are not too long. @param {...string} parts */
export function paragraph(...parts) {
  const lines = [''];
  // A number stays with its unit.
  for (const word of parts.join(' ').split(/(?<!\d) | (?!(?:s|%|[KM]i?B)\b|%)/)) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length <= COLUMNS) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.join('\n');
}

/** @param {...string} commands */
export function shell(...commands) {
  return ['```sh', ...commands, '```'].join('\n');
}

/** @param {number} share */
export function percent(share) {
  return `${(100 * share).toFixed(0)} %`;
}
