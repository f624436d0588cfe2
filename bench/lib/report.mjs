// The dated report: Markdown to read, JSON for machines, charts beside them.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { judge, targetTable } from './judge.mjs';
import { machineFacts } from './machine.mjs';
import { renderMarkdown } from './table.mjs';

/** @typedef {{ name: string, seconds: number, result?: import('./part.mjs').PartResult, error?: string }} PartRun */

/**
 * @typedef {object} Run
 * @property {string} date YYYY-MM-DD
 * @property {import('./machine.mjs').Machine} machine
 * @property {boolean} quick
 * @property {number} samples
 * @property {boolean} inMemory
 * @property {readonly PartRun[]} parts
 * @property {readonly string[]} allParts
 */

/** Name of the report's files: date, machine, and what is not as in a full run. @param {Run} run */
export function reportName({ date, machine, quick, parts, allParts }) {
  const some = parts.length < allParts.length ? [parts.map(part => part.name).join('-')] : [];
  return [date, machine.label, ...some, ...(quick ? ['quick'] : [])].join('-');
}

/** @param {Run} run @param {string} dir @returns {Promise<string>} path of the Markdown file */
export async function writeReport(run, dir) {
  const name = reportName(run);
  await mkdir(dir, { recursive: true });
  await rm(join(dir, name), { recursive: true, force: true });
  const charts = run.parts.flatMap(part => part.result?.charts ?? []);
  if (charts.length > 0) await mkdir(join(dir, name));
  for (const { name: file, svg } of charts) await writeFile(join(dir, name, `${file}.svg`), `${svg}\n`);
  await writeFile(join(dir, `${name}.json`), `${JSON.stringify(toJson(run), undefined, 1)}\n`);
  const path = join(dir, `${name}.md`);
  await writeFile(path, toMarkdown(run, name));
  return path;
}

/** @param {Run} run */
export function toJson(run) {
  const { date, machine, quick, samples, inMemory, parts } = run;
  return {
    schema: 1,
    date,
    machine,
    quick,
    samples,
    files: inMemory ? 'memory' : 'disk',
    targets: judge(run),
    parts: Object.fromEntries(
      parts.map(({ name, seconds, result, error }) => [
        name,
        { seconds: Math.round(seconds), error, figures: result?.figures, data: result?.data },
      ]),
    ),
  };
}

/** @param {Run} run @param {string} folder of the charts, relative to the file */
export function toMarkdown(run, folder) {
  const { date, machine, quick, samples, inMemory, parts } = run;
  const facts = [
    ...machineFacts(machine),
    ['Samples', `${samples} rounds of every comparison, after a warm-up round`],
    ['Files', inMemory ? 'in memory (tmpfs)' : 'on disk'],
    ['Duration', `${Math.round(parts.reduce((sum, part) => sum + part.seconds, 0))} s`],
  ];
  const head = [
    `# Benchmarks of millrace, ${date}`,
    '',
    ...(quick
      ? ['**Made with `--quick`: small transfers and few samples, so the figures are rough.**', '']
      : []),
    '| | |',
    '| :-- | :-- |',
    ...facts.map(([name, value]) => `| ${name} | ${value} |`),
    '',
    'What is compared ran in turn (A B A B …) in one run. Figures are medians with (minimum to maximum); ratios are',
    'taken within a round, then the median. MB and GB are powers of 1000, MiB and GiB of 1024. Times of different',
    'runs or machines must not be compared, ratios may.',
  ];
  return `${[...head, ...targetLines(run), ...parts.flatMap(part => ['', ...partLines(part, folder)])].join('\n')}\n`;
}

/** @param {Run} run */
function targetLines(run) {
  const judged = judge(run);
  if (judged.length === 0) return [];
  const note =
    'Medians of this run. That payload is copied once on its way in and never on its way out does not depend on a machine: `test/e2e/counts.test.ts` holds it. What is known of targets that are not met is in `bench/README.md`; where the time of a transfer goes is told under Loopback.';
  return ['', '## Must reach', '', note, '', renderMarkdown(targetTable(judged))];
}

function partLines({ name, seconds, result, error }, folder) {
  if (!result) return [`## ${name}`, '', `Failed after ${Math.round(seconds)} s: ${error?.split('\n')[0]}`];
  const lines = [`## ${result.title}`];
  for (const paragraph of result.method) lines.push('', paragraph);
  for (const table of result.tables) lines.push('', renderMarkdown(table));
  for (const chart of result.charts) lines.push('', `![${chart.title}](${folder}/${chart.name}.svg)`);
  return lines;
}
