import type { Entry } from '../../torrents/entry.js';
import type { LimitMode, TorrentRecord } from '../../torrents/record.js';
import type { RpcContext } from '../context.js';
import { FILE_INDEX } from '../failures.js';
import { torrentsOf } from '../ids.js';
import { type Call, RpcFailure } from '../methods.js';
import { Params } from '../params.js';
import { applyWishes } from './files.js';
import { labelsOf } from './labels.js';
import { editTrackers } from './tracker-edits.js';
import { tiersOf } from './trackers.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Changes = Partial<Mutable<TorrentRecord>>;

const KB = 1000;
const MINUTE_MS = 60_000;
const MODES: readonly LimitMode[] = ['session', 'own', 'none'];
const MAX_PEERS = 10_000;

/** `torrent_set`: what is wrong in one value is told before anything is changed. */
export async function torrentSet(context: RpcContext, { params: values }: Call): Promise<void> {
  const params = new Params(values);
  const entries = [...torrentsOf(context.catalog, values.ids)];
  const edits = entries.map(entry => changesOf(context, entry, params));
  for (const [at, entry] of entries.entries()) apply(context, entry, edits[at], params);
  await context.catalog.flush();
}

function changesOf({ nowSeconds }: RpcContext, entry: Entry, params: Params): Changes {
  const { record, torrent } = entry;
  const changes: Changes = { editedAt: nowSeconds() };
  if (params.list('labels') !== undefined) changes.labels = labelsOf(params);
  const priority = params.whole('bandwidth_priority', -1, 1);
  if (priority !== undefined) changes.priority = priority;
  const peers = params.whole('peer_limit', 1, MAX_PEERS);
  if (peers !== undefined) changes.maxPeers = peers;
  const group = params.text('group');
  if (group !== undefined) changes.group = group;
  const honors = params.flag('honors_session_limits');
  if (honors !== undefined) changes.honorsSessionLimits = honors;
  const sequential = params.flag('sequential_download');
  if (sequential !== undefined) changes.sequential = sequential;
  const down = limitOf(params, 'download', record.down);
  if (down !== undefined) changes.down = down;
  const up = limitOf(params, 'upload', record.up);
  if (up !== undefined) changes.up = up;
  const ratio = seedLimitOf(params, 'seed_ratio', record.seedRatio, 1);
  if (ratio !== undefined) changes.seedRatio = ratio;
  const idle = seedLimitOf(params, 'seed_idle', record.seedIdle, MINUTE_MS);
  if (idle !== undefined) changes.seedIdle = idle;
  if (torrent !== undefined) Object.assign(changes, filesOf(params, record, torrent.files.length));
  if (torrent !== undefined || record.magnet !== undefined) {
    const trackers = editTrackers(tiersOf(entry), params);
    if (trackers !== undefined) changes.trackers = trackers;
  }
  return changes;
}

function limitOf(params: Params, way: 'download' | 'upload', before: TorrentRecord['up']) {
  const value = params.whole(`${way}_limit`, 0);
  const on = params.flag(`${way}_limited`);
  if (value === undefined && on === undefined) return undefined;
  return { on: on ?? before.on, value: value === undefined ? before.value : value * KB };
}

function seedLimitOf(
  params: Params,
  name: 'seed_ratio' | 'seed_idle',
  before: TorrentRecord['seedRatio'],
  unit: number,
) {
  const value = params.number(`${name}_limit`);
  const mode = MODES[params.whole(`${name}_mode`) ?? -1];
  if (value === undefined && mode === undefined) return undefined;
  return { mode: mode ?? before.mode, value: value === undefined ? before.value : Math.max(0, value) * unit };
}

/** An empty list names all files. */
function filesOf(params: Params, record: TorrentRecord, count: number): Changes {
  const named = (name: string): number[] | undefined => {
    const indices = params.indices(name);
    if (indices?.some(index => index < 0 || index >= count))
      throw new RpcFailure(FILE_INDEX, 'file index out of range');
    return indices?.length === 0 ? Array.from({ length: count }, (_, index) => index) : indices;
  };
  const skip = new Set(record.skip);
  for (const index of named('files_unwanted') ?? []) skip.add(index);
  for (const index of named('files_wanted') ?? []) skip.delete(index);
  const low = new Set(record.low);
  const high = new Set(record.high);
  const priorities = ['priority_low', 'priority_normal', 'priority_high'] as const;
  for (const name of priorities) {
    for (const index of named(name) ?? []) {
      low.delete(index);
      high.delete(index);
      if (name === 'priority_low') low.add(index);
      if (name === 'priority_high') high.add(index);
    }
  }
  const asked = [...priorities, 'files_wanted', 'files_unwanted'].some(name => params.has(name));
  return asked ? { skip: sorted(skip), low: sorted(low), high: sorted(high) } : {};
}

function sorted(indices: Iterable<number>): number[] {
  return [...indices].sort((a, b) => a - b);
}

function apply(context: RpcContext, entry: Entry, changes: Changes, params: Params): void {
  const { catalog, runner } = context;
  catalog.edit(entry, changes);
  const { torrent, record } = entry;
  if (torrent !== undefined) {
    if (changes.trackers !== undefined) torrent.setTrackers(changes.trackers);
    if (changes.maxPeers !== undefined) torrent.setMaxPeers(changes.maxPeers);
    if (changes.sequential !== undefined) torrent.setSequential(changes.sequential);
    if (changes.skip !== undefined)
      applyWishes(
        entry,
        torrent,
        torrent.files.map(({ index }) => index),
      );
    if ([changes.down, changes.up, changes.honorsSessionLimits].some(change => change !== undefined))
      torrent.setLimits(
        { down: record.down.on ? record.down.value : 0, up: record.up.on ? record.up.value : 0 },
        { ownOnly: !record.honorsSessionLimits },
      );
    if (changes.group !== undefined) torrent.setGroup(record.group || undefined);
  }
  const position = params.whole('queue_position', 0);
  if (position !== undefined) catalog.moveTo(entry, position);
  runner.changed(entry);
}
