import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defaultOf } from '../src/cli/simulate/defaults.js';
import type { Field } from '../src/cli/simulate/field.js';
import { GROUP_FIELDS } from '../src/cli/simulate/group-fields.js';
import { SCENARIO_FIELDS } from '../src/cli/simulate/scenario-fields.js';

import { simulate } from '../src/sim/index.js';

/** docs/scenario.md as the tables of fields make it. `npx vitest run test/scenario-doc.test.ts -u` writes it anew. */
function render(): string {
  return [
    '# Scenario files',
    '',
    'What `millrace simulate` reads, made from the tables in `src/cli/simulate`: a JSON object with the fields of the first',
    'table, `groups` in it a list of objects with those of the second. They are the fields of `Scenario` of `millrace/sim`.',
    'An unknown field, a value of another type and a field that is missing are refused with their place in the file.',
    '',
    'A number is bytes, bytes a second or milliseconds. Text has a unit: KiB, MiB, GiB are powers of 1024, KB, MB, GB of',
    '1000, times end in ms, s, min, h or d. The flag of the command line overrides the file, in all of its groups.',
    '',
    '## Scenario',
    '',
    ...table(SCENARIO_FIELDS),
    '',
    '## Groups',
    '',
    ...table(GROUP_FIELDS),
    '',
    'A file of arrivals lies beside the scenario. It has a time in seconds on each line, one for each peer at least; the',
    'first so many are used.',
    '',
  ].join('\n');
}

function table(fields: Readonly<Record<string, Field<unknown>>>): string[] {
  return [
    '| field | meaning | value | default | flag |',
    '| --- | --- | --- | --- | --- |',
    ...Object.entries(fields).map(([key, field]) => {
      const standard = field.needed ? 'must be there' : (defaultOf(key, field) ?? '');
      const flag = field.flag === undefined ? '' : `\`${field.flag}\``;
      const cells = [`\`${key}\``, field.meaning, field.kind.says, standard, flag];
      return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
    }),
  ];
}

describe('docs/scenario.md', () => {
  it('is what the tables of fields say', async () => {
    await expect(render()).toMatchFileSnapshot('../docs/scenario.md');
  });
});

describe('docs/simulate.md', () => {
  it('names every field of the report', () => {
    const text = readFileSync(new URL('../docs/simulate.md', import.meta.url), 'utf8');
    const group = { name: 'peers', peers: 2, up: 1e6, down: 1e6, departure: { kind: 'leave' } } as const;
    const { scenario: _, ...report } = simulate({
      fileBytes: 1e6,
      seedUp: 1e6,
      seedLeaves: 'after-one-copy',
      groups: [group],
    });
    expect(report.lost.length).toBeGreaterThan(0);
    expect([...keysOf(report)].filter(key => !text.includes(`\`${key}\``))).toEqual([]);
  });
});

function keysOf(value: unknown): Set<string> {
  if (Array.isArray(value)) return keysOf(value[0]);
  if (typeof value !== 'object' || value === null) return new Set();
  return new Set(Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)]));
}
