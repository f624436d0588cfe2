import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ctlGroup } from '../src/cli/commands/ctl.js';
import { LABEL_SETTINGS, SETTINGS, type Setting } from '../src/daemon/config/settings.js';

const DOC = new URL('../docs/daemon.md', import.meta.url);
const text = readFileSync(DOC, 'utf8');

/** The document with what stands between two marks made anew from a table. */
function withTable(document: string, name: string, rows: readonly string[]): string {
  const [begin, end] = [`<!-- ${name}: made from the code -->\n`, `\n<!-- ${name}: end -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/daemon.md has no marks of ${name}`);
  return document.slice(0, from + begin.length) + rows.join('\n') + document.slice(to);
}

type Settings = Readonly<Record<string, Setting<unknown>>>;

function settingsTable(settings: Settings): string[] {
  return table(settings, ['default', 'a change takes'], ({ kind, fallback, live }) => [
    fallback === undefined || kind.show?.(fallback) === ''
      ? 'none'
      : `\`${kind.show?.(fallback) ?? fallback}\``,
    live ? 'a reload' : 'a restart',
  ]);
}

function describeValue({ kind, secret }: Setting<unknown>): string {
  return secret ? `${kind.says}; has no flag` : kind.says;
}

/** What one means for all torrents it means for those of a label. */
function labelSettings(): Settings {
  const all: Settings = SETTINGS;
  return Object.fromEntries(
    Object.entries(LABEL_SETTINGS).map(([key, setting]) => [
      key,
      { ...setting, meaning: (all[key] ?? setting).meaning },
    ]),
  );
}

function commandsTable(): string[] {
  const rows = ctlGroup.commands.map(({ usage, summary }) => `| \`${usage}\` | ${summary} |`);
  return ['| command | what it does |', '| --- | --- |', ...rows];
}

function table(
  settings: Settings,
  columns: string[],
  more: (setting: Setting<unknown>) => string[],
): string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const head = ['setting', 'meaning', 'value', ...columns];
  return [
    line(head),
    line(head.map(() => '---')),
    ...Object.entries(settings).map(([key, setting]) =>
      line([`\`${key}\``, setting.meaning, describeValue(setting), ...more(setting)]),
    ),
  ];
}

/** `npx vitest run test/daemon-doc.test.ts -u` writes the tables anew. */
describe('docs/daemon.md', () => {
  it('has settings and commands as their tables have them', async () => {
    const labels = withTable(
      text,
      'labels',
      table(labelSettings(), [], () => []),
    );
    const control = withTable(labels, 'ctl', commandsTable());
    const page = withTable(control, 'settings', settingsTable(SETTINGS));
    await expect(page).toMatchFileSnapshot('../docs/daemon.md');
  });

  it('names the variables that hooks are told, and no others', () => {
    const hook = readFileSync(new URL('../src/daemon/automation/hook.ts', import.meta.url), 'utf8');
    expect(variables(text)).toEqual(variables(hook));
  });
});

function variables(source: string): string[] {
  return [...new Set(source.match(/\bTR_[A-Z_]+\b/g))].sort();
}
