/**
 * `node test/ci-totals.mjs FOLDER STATUS`: adds up the vitest JSON reports of a folder and prints `N passed, N failed`.
 * When the run failed (STATUS is not 0) outside of any test, that counts as one failure.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, status = '0'] = process.argv.slice(2);
let passed = 0;
let failed = 0;
let skipped = 0;
for (const name of readdirSync(folder).filter(name => name.endsWith('.json'))) {
  const report = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  // A file that cannot be loaded has no tests, and is a failure all the same.
  failed += report.testResults.filter(
    file => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  skipped += report.numPendingTests + report.numTodoTests;
}
if (failed === 0 && status !== '0') failed = 1;
if (skipped > 0) console.log(`${skipped} skipped`);
console.log(`${passed} passed, ${failed} failed`);
