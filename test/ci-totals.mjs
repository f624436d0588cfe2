/**
 * `node test/ci-totals.mjs FOLDER STATUS`: adds up the vitest JSON reports of a folder, names each test that failed
 * with the start of its message, and prints `N passed, N failed` last. A log is often read from its end.
 * When the run failed (STATUS is not 0) outside of any test, that counts as one failure.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, status = '0'] = process.argv.slice(2);
const MESSAGE_LINES = 4;
let passed = 0;
let failed = 0;
let skipped = 0;
for (const name of readdirSync(folder).filter(name => name.endsWith('.json'))) {
  const report = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  for (const file of report.testResults) tellFailures(name, file);
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

function tellFailures(report, file) {
  if (file.status === 'failed' && file.assertionResults.length === 0) tell(report, file.name, [file.message]);
  for (const test of file.assertionResults)
    if (test.status === 'failed') tell(report, `${file.name} > ${test.fullName}`, test.failureMessages);
}

function tell(report, what, messages) {
  console.log(`failed in ${report}: ${what}`);
  for (const message of messages)
    for (const line of message.split('\n').slice(0, MESSAGE_LINES)) console.log(`    ${line}`);
}
