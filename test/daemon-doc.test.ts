import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SETTINGS, type Setting } from '../src/daemon/config/settings.js';

const DOC = new URL('../docs/daemon.md', import.meta.url);
const text = readFileSync(DOC, 'utf8');

/** The document with what stands between two marks made anew from a table. */
function withTable(document: string, name: string, rows: readonly string[]): string {
  const [begin, end] = [`<!-- ${name}: made from the code -->\n`, `\n<!-- ${name}: end -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/daemon.md has no marks of ${name}`);
  return document.slice(0, from + begin.length) + rows.join('\n') + document.slice(to);
}

function settingsTable(settings: Readonly<Record<string, Setting<unknown>>>): string[] {
  return [
    '| setting | meaning | value | default | a change takes |',
    '| --- | --- | --- | --- | --- |',
    ...Object.entries(settings).map(([key, { kind, fallback, meaning, live }]) => {
      const standard = fallback === undefined ? 'none' : `\`${kind.show?.(fallback) ?? fallback}\``;
      const cells = [
        `\`${key}\``,
        meaning,
        kind.says,
        standard.replace('``', 'none'),
        live ? 'a reload' : 'a restart',
      ];
      return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
    }),
  ];
}

/** `npx vitest run test/daemon-doc.test.ts -u` writes the tables anew. */
describe('docs/daemon.md', () => {
  it('has the settings as their table has them', async () => {
    await expect(withTable(text, 'settings', settingsTable(SETTINGS))).toMatchFileSnapshot(
      '../docs/daemon.md',
    );
  });

  it('names the variables that hooks are told, and no others', () => {
    const hook = readFileSync(new URL('../src/daemon/automation/hook.ts', import.meta.url), 'utf8');
    expect(variables(text)).toEqual(variables(hook));
  });
});

function variables(source: string): string[] {
  return [...new Set(source.match(/\bTR_[A-Z_]+\b/g))].sort();
}
