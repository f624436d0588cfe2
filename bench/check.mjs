// `npm run bench:check`: are the ratios as good as those in baseline.json? `--update` writes that file anew.
// Only ratios and memory are compared, never times: they say the same on a slow machine.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { bestOf, comparable, compare, makeBaseline, partsOf } from './lib/baseline.mjs';
import { figure } from './lib/format.mjs';
import { CHECKED_PARTS, chooseParts, resolveSamples } from './lib/options.mjs';
import { runSuite } from './lib/suite.mjs';
import { renderText } from './lib/table.mjs';

const BASELINE = new URL('baseline.json', import.meta.url);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    update: { type: 'boolean', default: false },
    samples: { type: 'string' },
    dir: { type: 'string' },
  },
});
const parts = chooseParts(positionals, CHECKED_PARTS);
const run = await measure(parts);
if (values.update) update();
else await check();

async function measure(some) {
  const result = await runSuite({
    parts: some,
    quick: true,
    samples: resolveSamples(values.samples, true),
    dir: values.dir,
    progress: text => process.stderr.write(`${text}\n`),
  });
  for (const { name, error, result: found } of result.parts) {
    if (error !== undefined) throw new Error(`${name} failed: ${error}`);
    if (found.failures?.length > 0) throw new Error(`${name} failed in part: ${found.failures.join(', ')}`);
  }
  return result;
}

/** Figures of parts that did not run stay as they are. */
function update() {
  const made = makeBaseline(run);
  const kept = positionals.length > 0 ? JSON.parse(readFileSync(BASELINE, 'utf8')).figures : {};
  const text = JSON.stringify({ ...made, figures: { ...kept, ...made.figures } }, undefined, 2);
  writeFileSync(BASELINE, `${text}\n`);
  console.log(`baseline.json: ${Object.keys(made.figures).length} figures`);
}

async function check() {
  const baseline = JSON.parse(readFileSync(BASELINE, 'utf8'));
  const { cores } = run.machine;
  let figures = comparable(run);
  const worse = () =>
    compare(figures, baseline, cores)
      .filter(({ verdict }) => verdict === 'worse')
      .map(({ id }) => id);
  if (worse().length > 0) {
    process.stderr.write(`worse than the baseline, measured once more: ${worse().join(', ')}\n`);
    figures = bestOf(figures, comparable(await measure(partsOf(worse()))));
  }
  print(compare(figures, baseline, cores), baseline);
  if (worse().length > 0) process.exitCode = 1;
}

function print(verdicts, baseline) {
  const relevant = verdicts.filter(({ id }) => parts.includes(partsOf([id])[0]));
  const percent = share => `${share > 0 ? '+' : ''}${(share * 100).toFixed(0)} %`;
  console.log(
    renderText({
      title: 'Against the baseline',
      columns: ['figure', 'now', 'baseline', 'better by', 'tolerance', 'verdict'],
      left: [5],
      rows: relevant.map(({ id, value, expected, change, verdict }) => [
        id,
        value === undefined ? '' : figure(value),
        expected === undefined ? '' : figure(expected),
        change === undefined ? '' : percent(change),
        baseline.figures[id] === undefined ? '' : percent(baseline.figures[id].tolerance).slice(1),
        verdict,
      ]),
    }),
  );
}
