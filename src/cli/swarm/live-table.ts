import cliProgress from 'cli-progress';
import { formatRate } from '../format.js';
import type { Output, OutputStream } from '../output.js';
import {
  barFormat,
  barOptions,
  openProgress,
  type Progress,
  type ProgressView,
  restoreAtExit,
} from '../progress.js';
import type { ChildProgress } from './peer-process.js';

/** Rows that a terminal must have besides one for each peer. */
const SPARE_ROWS = 4;

/** Shows all peers of a swarm while it runs: a row each on a terminal, else the swarm as a whole. */
export interface LiveTable {
  update(id: string, progress: ChildProgress): void;
  stop(): void;
}

export function openLiveTable(output: Output, ids: readonly string[]): LiveTable {
  if (output.json) return jsonTable(output);
  const { terminal } = output;
  return terminal && (terminal.rows ?? 24) >= ids.length + SPARE_ROWS
    ? rows(terminal, ids)
    : totals(openProgress(output));
}

function jsonTable(output: Output): LiveTable {
  return {
    update: (id, { done, total, down, up, peers }) =>
      output.event('progress', { id, done, total, down, up, peers }),
    stop() {},
  };
}

function rows(stream: OutputStream, ids: readonly string[]): LiveTable {
  const table = new cliProgress.MultiBar({ ...barOptions(stream), format: barFormat(stream, describeRow) });
  restoreAtExit(table);
  const width = Math.max(...ids.map(id => id.length));
  const start = (id: string) => table.create(1, 0, { label: id.padEnd(width), done: 0, total: 1 });
  const bars = new Map(ids.map(id => [id, start(id)]));
  return {
    update: (id, progress) => bars.get(id)!.update(0, { ...progress, label: id.padEnd(width) }),
    stop: () => table.stop(),
  };
}

/** Columns of one width in every row. */
function describeRow({ down, up, peers }: Progress): Record<string, string> {
  if (down === undefined || up === undefined) return { state: 'starting' };
  return {
    down: `${formatRate(down).padStart(11)} down`,
    up: `${formatRate(up).padStart(11)} up`,
    peers: `${String(peers).padStart(3)} peers`,
  };
}

/** One line for the swarm: bytes of all downloaders together. */
function totals(view: ProgressView): LiveTable {
  const latest = new Map<string, ChildProgress>();
  return {
    update(id, progress) {
      latest.set(id, progress);
      const downloaders = [...latest].filter(([id]) => id !== 'seed').map(([, progress]) => progress);
      if (downloaders.length === 0) return;
      const sum = (of: (progress: ChildProgress) => number) =>
        downloaders.reduce((all, one) => all + of(one), 0);
      view.update({
        label: 'Swarm',
        done: sum(one => one.done),
        total: sum(one => one.total),
        down: sum(one => one.down),
        up: sum(one => one.up) + (latest.get('seed')?.up ?? 0),
        peers: downloaders.length,
      });
    },
    stop: () => view.stop(),
  };
}
