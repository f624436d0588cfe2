import type { Torrent } from '../../../index.js';
import type { Entry } from '../../torrents/entry.js';

/** Files as clients see them: those that only fill up pieces are none. Their indices are the torrent's own. */
export interface FileView {
  readonly index: number;
  readonly name: string;
  readonly length: number;
  readonly offset: number;
}

export function filesOf({ torrent }: Entry): FileView[] {
  return (
    torrent?.files.map(({ index, path, length }) => ({
      index,
      name: path,
      length,
      offset: torrent.metainfo.files[index].offset,
    })) ?? []
  );
}

export type FilePriorityNumber = -1 | 0 | 1;

export interface FileWishes {
  readonly wanted: boolean;
  readonly priority: FilePriorityNumber;
}

/** By index, for all files. */
export function wishesOf({ record, torrent }: Entry): FileWishes[] {
  const count = torrent?.metainfo.files.length ?? 0;
  const [skip, low, high] = [new Set(record.skip), new Set(record.low), new Set(record.high)];
  return Array.from({ length: count }, (_, index) => ({
    wanted: !skip.has(index),
    priority: low.has(index) ? -1 : high.has(index) ? 1 : 0,
  }));
}

/** Tells the engine of the files' wishes, all or those of these indices. */
export function applyWishes(entry: Entry, torrent: Torrent, indices: Iterable<number>): void {
  const wishes = wishesOf(entry);
  for (const index of indices) {
    const { wanted, priority } = wishes[index];
    torrent.files[index].priority = !wanted
      ? 'skip'
      : priority < 0
        ? 'low'
        : priority > 0
          ? 'high'
          : 'normal';
  }
}
