/** Runs that the documents print: a simulation is the same to the byte everywhere, so what is printed must be what is told. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

it.each([
  ['README.md', 'simulate --sweep 10,30,100,300,1000'],
  ['README.md', 'bound --size 1GB --peers 100 --seed-up 10MB/s --up 1MB/s'],
  ['docs/simulate.md', 'simulate examples/scenarios/free-riders.json'],
])('%s has what this prints: %s', (file, line) => {
  const argv = ['bin/millrace.js', ...line.split(' ')];
  const printed = execFileSync(process.execPath, argv, { cwd: fileURLToPath(ROOT), encoding: 'utf8' });
  const text = readFileSync(new URL(file, ROOT), 'utf8');
  expect(withoutIndent(text)).toContain(withoutIndent(printed).trim());
});

/** A block of a document may be indented as a whole, and has no blanks at the ends of lines. */
function withoutIndent(text: string): string {
  return text.replace(/^ +| +$/gm, '');
}
