import { type Command, Option } from 'commander';
import { EXIT_OK } from '../../failure.js';
import { formatBytes, formatCount, formatPercent, formatRate, safeText } from '../../format.js';
import { type Control, ctlCommand } from '../command.js';
import type { CtlOptions } from '../connection.js';
import { type Column, printTable } from '../table.js';
import { listTorrents, ROW_FIELDS, STATUSES, type TorrentRow, toRow } from '../torrents.js';

const STATES = [...STATUSES, 'active', 'error'] as const;
type State = (typeof STATES)[number];

/** Numbers from the largest, names from A: what one looks for stands on top. */
const ORDERS = {
  id: (a, b) => a.id - b.id,
  name: (a, b) => a.name.localeCompare(b.name, 'en'),
  done: (a, b) => b.done - a.done,
  size: (a, b) => b.size - a.size,
  down: (a, b) => b.down - a.down,
  up: (a, b) => b.up - a.up,
  peers: (a, b) => b.peers - a.peers,
  ratio: (a, b) => (b.ratio ?? -1) - (a.ratio ?? -1),
  status: (a, b) => a.status.localeCompare(b.status, 'en'),
  added: (a, b) => b.added - a.added,
} as const satisfies Readonly<Record<string, (a: TorrentRow, b: TorrentRow) => number>>;

interface ListOptions extends CtlOptions {
  readonly label?: string;
  readonly status?: State;
  readonly sort: keyof typeof ORDERS;
  readonly reverse?: boolean;
}

export const listSetup = ctlCommand<ListOptions>({
  usage: 'list',
  summary: 'show all torrents',
  description: `Shows all torrents, one a line, and their sums.

With --json an object for each: {"id","hash","name","status","error","done" (0 to 1),"size","down","up"
(bytes a second),"peers","ratio","labels","added" (seconds since 1970)}.`,
  examples: [
    ['list', 'all of them'],
    ['list --status active --sort up', 'what moves, the fastest upload first'],
    ['list --label linux --json', 'one label, for programs'],
  ],
  options(command: Command) {
    command
      .option('--label <name>', 'only those with this label')
      .addOption(new Option('--status <name>', 'only those; active: something moves').choices([...STATES]))
      .addOption(new Option('--sort <column>', 'order').choices(Object.keys(ORDERS)).default('id'))
      .option('--reverse', 'the other way round');
  },
  run: list,
});

async function list({ client, output }: Control, options: ListOptions): Promise<number> {
  const rows = (await listTorrents(client, ROW_FIELDS)).map(toRow).filter(row => matches(row, options));
  rows.sort((a, b) => ORDERS[options.sort](a, b) || a.id - b.id);
  if (options.reverse) rows.reverse();
  for (const row of rows) output.object(row);
  if (output.json) return EXIT_OK;
  if (rows.length > 0) printTable(output, COLUMNS, rows);
  output.line(describeSum(rows));
  return EXIT_OK;
}

function matches(row: TorrentRow, { label, status }: ListOptions): boolean {
  if (label !== undefined && !row.labels.includes(label)) return false;
  if (status === 'active') return row.down > 0 || row.up > 0;
  if (status === 'error') return row.error !== null;
  return status === undefined || row.status === status;
}

const COLUMNS: readonly Column<TorrentRow>[] = [
  { title: 'ID', right: true, text: ({ id }) => String(id) },
  { title: 'Done', right: true, text: ({ done }) => formatPercent(done, 1) },
  { title: 'Size', right: true, text: ({ size }) => formatBytes(size) },
  { title: 'Down', right: true, text: ({ down }) => rateText(down) },
  { title: 'Up', right: true, text: ({ up }) => rateText(up) },
  { title: 'Peers', right: true, text: ({ peers }) => String(peers) },
  { title: 'Ratio', right: true, text: ({ ratio }) => (ratio === null ? '-' : ratio.toFixed(2)) },
  { title: 'Status', text: ({ status, error }) => (error === null ? status : `${status} !`) },
  { title: 'Name', text: nameText },
];

function rateText(rate: number): string {
  return rate === 0 ? '-' : formatRate(rate);
}

function nameText({ name, labels, error }: TorrentRow): string {
  const tags = labels.length === 0 ? '' : `  [${labels.join(', ')}]`;
  return safeText(`${name}${tags}${error === null ? '' : `  ${error}`}`);
}

function describeSum(rows: readonly TorrentRow[]): string {
  const sum = (of: (row: TorrentRow) => number) => rows.reduce((all, row) => all + of(row), 0);
  const [size, down, up] = [sum(row => row.size), sum(row => row.down), sum(row => row.up)];
  return `${formatCount(rows.length, 'torrent')}, ${formatBytes(size)}, ${formatRate(down)} down, ${formatRate(up)} up`;
}
