import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../src/engine/errors.js';

const page = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
const sections = page.split(/^## /m).slice(1);

describe('docs/errors.md', () => {
  it('has one heading for every error code, in order, and no others', () => {
    expect(sections.map(section => section.slice(0, section.indexOf('\n')))).toEqual([...ERROR_CODES]);
  });

  it.each(sections.map(section => section.split('\n', 1)[0]))(
    'says of %s when, with which facts, and what to do',
    code => {
      const section = sections.find(section => section.startsWith(`${code}\n`))!;
      const [, when, facts, advice] = section.split('\n\n');
      expect(when.length).toBeGreaterThan(20);
      expect(facts).toMatch(/^Facts: /);
      expect(advice).toMatch(/^What to do: /);
    },
  );
});
