import type { PageStatus } from '../source.js';
import type { Row } from '../wire.js';

/** Columns by which the list can be sorted: the fields of a row that are text or number. */
export type SortKey = Exclude<keyof Row, 'id' | 'hash' | 'error' | 'labels'>;

export interface Query {
  /** Words that must all be in a name. */
  readonly text: string;
  readonly group: Group;
  /** Empty: all. */
  readonly label: string;
  readonly key: SortKey;
  readonly descending: boolean;
}

export const GROUPS = ['all', 'active', 'downloading', 'seeding', 'checking', 'stopped', 'error'] as const;
export type Group = (typeof GROUPS)[number];

const GROUP_OF: Readonly<Record<PageStatus, Group>> = {
  stopped: 'stopped',
  'check-wait': 'checking',
  checking: 'checking',
  'download-wait': 'downloading',
  downloading: 'downloading',
  'seed-wait': 'seeding',
  seeding: 'seeding',
  error: 'error',
};

/** In the order in which they are sorted. */
const STATUS_ORDER: readonly PageStatus[] = [
  'error',
  'downloading',
  'download-wait',
  'checking',
  'check-wait',
  'seeding',
  'seed-wait',
  'stopped',
];

/** Numbers in names count as numbers. */
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** Asked seldom: 10,000 names take a tenth of a second. */
export function byName(a: Row, b: Row): number {
  return collator.compare(a.name, b.name) || a.id - b.id;
}

export function isIn(row: Row, group: Group): boolean {
  if (group === 'all') return true;
  return group === 'active' ? row.down + row.up > 0 : GROUP_OF[row.status] === group;
}

/** The rows that are shown, of rows in the order of names, in which what is equal stays. */
export function select(rows: Iterable<Row>, query: Query): Row[] {
  const words = query.text.toLowerCase().split(/\s+/).filter(Boolean);
  const shown: Row[] = [];
  for (const row of rows) {
    if (!isIn(row, query.group)) continue;
    if (query.label !== '' && !row.labels.includes(query.label)) continue;
    if (words.length > 0 && !hasAll(row.name.toLowerCase(), words)) continue;
    shown.push(row);
  }
  const { key, descending } = query;
  if (key === 'name') return descending ? shown.reverse() : shown;
  const sign = descending ? -1 : 1;
  return shown.sort((a, b) => sign * compare(a, b, key));
}

function hasAll(name: string, words: readonly string[]): boolean {
  return words.every(word => name.includes(word));
}

function compare(a: Row, b: Row, key: Exclude<SortKey, 'name'>): number {
  if (key === 'status') return STATUS_ORDER.indexOf(a.status) - STATUS_ORDER.indexOf(b.status);
  if (key === 'limit') return collator.compare(a.limit ?? '\uffff', b.limit ?? '\uffff');
  return number(a[key]) - number(b[key]) || 0;
}

/** Unknown is more than anything known. */
function number(value: number | null | undefined): number {
  return value ?? Number.MAX_VALUE;
}

export interface Tally {
  readonly groups: Readonly<Record<Group, number>>;
  readonly labels: readonly string[];
}

/** How many torrents are in each group, and which labels there are. */
export function tally(rows: Iterable<Row>): Tally {
  const groups = Object.fromEntries(GROUPS.map(group => [group, 0])) as Record<Group, number>;
  const labels = new Set<string>();
  for (const row of rows) {
    groups.all++;
    if (row.down + row.up > 0) groups.active++;
    groups[GROUP_OF[row.status]]++;
    for (const label of row.labels) labels.add(label);
  }
  return { groups, labels: [...labels].sort(collator.compare) };
}
