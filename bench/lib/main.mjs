// The suite as a command: tables on stdout as parts end, progress on stderr, the report in a folder.
import { judge, targetTable } from './judge.mjs';
import { HELP, parseOptions } from './options.mjs';
import { toJson, writeReport } from './report.mjs';
import { runSuite } from './suite.mjs';
import { renderText } from './table.mjs';

/**
 * @param {readonly string[]} argv
 * @param {{ stdout: import('node:stream').Writable, stderr: import('node:stream').Writable, defaultOut?: string,
 *   signal?: AbortSignal }} io
 * @returns {Promise<number>} exit code: 0, 1 when a part failed, 2 for wrong usage
 */
export async function main(argv, { stdout, stderr, defaultOut, signal }) {
  let options;
  try {
    options = parseOptions(argv, defaultOut);
  } catch (error) {
    stderr.write(`error: ${error.message}\n`);
    return 2;
  }
  if (options.help) {
    stdout.write(`${HELP}\n`);
    return 0;
  }
  return runAndPrint(options, { stdout, stderr, signal });
}

/** @param {import('./options.mjs').SuiteOptions} options */
export async function runAndPrint(options, { stdout, stderr, signal }) {
  const startMs = performance.now();
  const elapsed = () => `${((performance.now() - startMs) / 1000).toFixed(0)} s`.padStart(6);
  const run = await runSuite({
    ...options,
    signal,
    progress: text => stderr.write(`${elapsed()}  ${text}\n`),
    onPart: part => {
      if (part.error !== undefined) stderr.write(`error: ${part.name}: ${part.error}\n`);
      if (!options.json) stdout.write(partText(part));
    },
  });
  const judged = judge(run);
  if (options.json) stdout.write(`${JSON.stringify({ event: 'bench', ...toJson(run) })}\n`);
  else if (judged.length > 0) stdout.write(`\n${renderText(targetTable(judged))}\n`);
  if (options.quick)
    stderr.write('--quick: small transfers and few samples: the figures are rough, targets are not judged\n');
  if (options.out !== undefined) stderr.write(`report: ${await writeReport(run, options.out)}\n`);
  return run.parts.some(({ error, result }) => error !== undefined || result?.failures?.length > 0) ? 1 : 0;
}

function partText({ name, result, error }) {
  if (!result) return `\n${name} failed: ${error?.split('\n')[0]}\n`;
  return result.tables.map(table => `\n${renderText(table)}\n`).join('');
}
