import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { METRICS, TORRENT_LABELS, TORRENT_METRICS } from '../src/daemon/metrics/table.js';

const doc = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../docs/${name}`, import.meta.url)), 'utf8');
const rows = [...METRICS, ...TORRENT_METRICS.map(row => ({ ...row, labels: TORRENT_LABELS }))];

describe('docs/metrics.md', () => {
  it('has the table of metrics as they are', () => {
    const lines = rows.map(
      ({ name, type, labels, help }) =>
        `| \`${name}\` | ${type} | ${labels.map(label => `\`${label}\``).join(', ')} | ${help} |`,
    );
    const written = doc('metrics.md')
      .split('\n')
      .filter(line => line.startsWith('| `millrace_'));
    expect(written).toEqual(lines);
  });
});

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly legendFormat: string;
  }[];
}

interface Dashboard {
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}

describe('docs/grafana-dashboard.json', () => {
  const text = doc('grafana-dashboard.json');
  const { schemaVersion, panels, templating } = JSON.parse(text) as Dashboard;
  const targets = panels.flatMap(panel => panel.targets ?? []);

  it('shows only metrics that there are', () => {
    const known = new Map(rows.map(row => [row.name, row]));
    expect(
      [...text.matchAll(/millrace_\w+/g)].map(([name]) => name).filter(name => !known.has(name)),
    ).toEqual([]);
    for (const { expr, legendFormat } of targets) {
      const used = [...expr.matchAll(/millrace_\w+/g)].map(([name]) => known.get(name)!);
      expect(used.length, expr).toBeGreaterThan(0);
      // rates are of counters, and a counter by itself is of use in a quotient alone
      for (const { name, type } of used)
        if (!expr.includes('/ '))
          expect(new RegExp(`(rate|increase)\\(${name}\\{`).test(expr), expr).toBe(type === 'counter');
      const labels = used.flatMap(row => [...row.labels, 'instance']);
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g), ...expr.matchAll(/ by \((\w+)\)/g)];
      for (const [, label] of shown) expect(labels, expr).toContain(label);
    }
  });

  it('shows every metric that is not of a torrent', () => {
    expect(METRICS.filter(({ name }) => !new RegExp(`${name}\\b`).test(text))).toEqual([]);
  });

  it('asks the data source of its variable, for the jobs and instances of its variables', () => {
    expect(schemaVersion).toBeGreaterThanOrEqual(38); // Grafana 10
    expect(templating.list.map(({ name }) => name)).toEqual(['datasource', 'job', 'instance']);
    for (const { type, datasource } of panels)
      if (type !== 'row') expect(datasource).toEqual({ type: 'prometheus', uid: `\${datasource}` });
    for (const { expr } of targets)
      for (const [selector] of expr.matchAll(/millrace_\w+(\{[^}]*\})?/g))
        expect(selector).toContain('{job=~"$job", instance=~"$instance"');
  });

  it('has panels that are told apart, say what they show and do not overlap', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { type, title, description, gridPos, targets } of panels) {
      expect(title).not.toBe('');
      if (type !== 'row') expect(description, title).toMatch(/\.$/);
      expect(new Set(targets?.map(({ refId }) => refId)).size).toBe(targets?.length ?? 0);
      const { x, y, w, h } = gridPos;
      expect(x + w).toBeLessThanOrEqual(24);
      for (let row = y; row < y + h; row++)
        for (let column = x; column < x + w; column++) {
          const cell = `${column},${row}`;
          expect(taken.has(cell), `${title} at ${cell}`).toBe(false);
          taken.add(cell);
        }
    }
  });
});
