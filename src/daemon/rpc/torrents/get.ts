import { Slices } from '../../slices.js';
import type { RpcContext } from '../context.js';
import { asksForRecent, torrentsOf } from '../ids.js';
import { type Call, INVALID_PARAMS, RpcFailure, Spelled } from '../methods.js';
import { type Dialect, respell, type Speller, toCamel, toSnake } from '../spelling.js';
import { TORRENT_FIELDS } from './fields.js';
import { TorrentView } from './view.js';

type Get = (view: TorrentView) => unknown;

/**
 * `torrent_get`: of the torrents the fields that are asked for, by the names by which they are asked for. Lists of all
 * torrents are the most common request by far.
 */
export async function torrentGet(
  context: RpcContext,
  { params, dialect }: Call,
  slices = new Slices(),
): Promise<Spelled> {
  const columns = columnsOf(params.fields, dialect);
  const entries = [...torrentsOf(context.catalog, params.ids)];
  const table = params.format === 'table';
  const rows: unknown[] = table ? [columns.map(({ name }) => name)] : [];
  for (const [index, entry] of entries.entries()) {
    if (index % STEP === STEP - 1) await slices.step();
    if (context.catalog.get(entry.record.infoHash) !== entry) continue; // removed meanwhile
    const view = new TorrentView(entry, context, dialect);
    if (table) rows.push(columns.map(({ get }) => get(view)));
    else {
      const row: Record<string, unknown> = {};
      for (const { name, get } of columns) row[name] = get(view);
      rows.push(row);
    }
  }
  const removed = asksForRecent(params.ids) ? { removed: context.catalog.recentlyRemoved() } : {};
  return new Spelled({ torrents: rows, ...removed });
}

/** Torrents that are described between two looks at the clock. */
const STEP = 100;

function columnsOf(fields: unknown, dialect: Dialect): { name: string; get: Get }[] {
  const asked = Array.isArray(fields) ? fields.filter(field => typeof field === 'string') : [];
  const known = [...new Set(asked)].flatMap(name => {
    const field = toSnake(name);
    const get = TORRENT_FIELDS.get(field);
    return get === undefined ? [] : [{ name, get: NESTED.has(field) ? spelled(get, dialect) : get }];
  });
  if (known.length === 0) throw new RpcFailure(INVALID_PARAMS, 'no fields specified');
  return known;
}

/** Fields with objects in them. */
const NESTED = new Set([
  'files',
  'file_stats',
  'peers',
  'peers_from',
  'trackers',
  'tracker_stats',
  'limited_by',
]);

function spelled(get: Get, dialect: Dialect): Get {
  if (dialect === 'json-rpc') return get;
  return view => respell(get(view), camel);
}

/** The one name that has a word of capitals. */
const camel: Speller = key => (key === 'is_utp' ? 'isUTP' : toCamel(key));
