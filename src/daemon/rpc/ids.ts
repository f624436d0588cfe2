import type { Catalog } from '../torrents/catalog.js';
import type { Entry } from '../torrents/entry.js';

const HASH = /^[0-9a-f]{40}$/i;

/** The torrents that `ids` names; those that there are not are passed over. Absent: all; an empty list: none. */
export function torrentsOf(catalog: Catalog, ids: unknown): Iterable<Entry> {
  if (ids === undefined || ids === null) return catalog.all();
  if (ids === 'recently-active' || ids === 'recently_active') return catalog.recent();
  const named = new Set<Entry>();
  for (const id of Array.isArray(ids) ? ids : [ids]) {
    const entry = torrentOf(catalog, id);
    if (entry !== undefined) named.add(entry);
  }
  return named;
}

function torrentOf(catalog: Catalog, id: unknown): Entry | undefined {
  if (typeof id === 'number') return catalog.byId(id);
  if (typeof id === 'string' && HASH.test(id)) return catalog.get(id.toLowerCase());
  return undefined;
}

export function asksForRecent(ids: unknown): boolean {
  return ids === 'recently-active' || ids === 'recently_active';
}
