/**
 * Runs the quick tests on every supported Node.js release line and prints a table.
 *
 *   npm run test:matrix                       all of them
 *   npm run test:matrix -- --only 22          one; may be repeated
 *   npm run test:matrix -- --skip-current     all but the one that runs this script
 *   npm run test:matrix -- --results DIR      keep vitest's JSON reports there
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installNode } from './install-node.mjs';

const SUPPORTED = ['20', '22', '24', '26'];
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    'skip-current': { type: 'boolean' },
    results: { type: 'string' },
  },
});
const current = process.versions.node.split('.')[0];
const versions = (values.only ?? SUPPORTED).filter(
  version => !(values['skip-current'] && version === current),
);
const unknown = versions.filter(version => !SUPPORTED.includes(version));
if (unknown.length > 0) {
  console.error(`error: Node ${unknown.join(', ')} is not in the matrix: ${SUPPORTED.join(', ')}`);
  process.exit(2);
}

execFileSync('npm', ['run', '--silent', 'build'], {
  cwd: ROOT,
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
const temporary = values.results === undefined ? mkdtempSync(join(tmpdir(), 'millrace-matrix-')) : undefined;
const rows = versions.map(version => runTests(version, values.results ?? temporary));
if (temporary) rmSync(temporary, { recursive: true });

console.log(
  `\n${'Node'.padEnd(10)}${'passed'.padStart(8)}${'failed'.padStart(8)}${'skipped'.padStart(9)}${'time'.padStart(8)}`,
);
for (const { node, passed, failed, skipped, seconds } of rows)
  console.log(
    `${node.padEnd(10)}${cell(passed, 8)}${cell(failed, 8)}${cell(skipped, 9)}${cell(`${seconds} s`, 8)}`,
  );
process.exitCode = rows.every(row => row.ok) ? 0 : 1;

function runTests(version, results) {
  const node = installNode(version);
  const name = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  console.log(`\n== Node ${name}`);
  const report = join(results, `matrix-${version}.json`);
  const startedMs = Date.now();
  const { status } = spawnSync(
    node,
    [
      VITEST,
      'run',
      ...['--project', 'quick', '--project', 'quick-alone'],
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    // Tests start processes by the name `node` as well.
    {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` },
    },
  );
  const seconds = Math.round((Date.now() - startedMs) / 1000);
  const counts = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
  return {
    node: name,
    ok: status === 0,
    passed: counts.numPassedTests ?? 0,
    failed: counts.numFailedTests ?? 'none ran',
    skipped: (counts.numPendingTests ?? 0) + (counts.numTodoTests ?? 0),
    seconds,
  };
}

function cell(value, width) {
  return String(value).padStart(width);
}
