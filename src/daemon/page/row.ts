import type { PageTorrent } from './source.js';
import type { Patch, Row } from './wire.js';

/** A copy with no more digits than are shown, so that what looks the same is not sent again. */
export function toRow(torrent: PageTorrent): Row {
  return {
    id: torrent.id,
    hash: torrent.hash,
    name: torrent.name,
    status: torrent.status,
    error: torrent.error,
    moving: torrent.moving === undefined ? undefined : cut(torrent.moving, 100),
    // 99.96 % is not everything
    progress: cut(torrent.progress, 1000),
    size: torrent.size,
    down: cut(torrent.down, 1),
    up: cut(torrent.up, 1),
    peers: torrent.peers,
    ratio: cut(torrent.ratio, 100),
    labels: torrent.labels,
    addedAt: cut(torrent.addedAt, 1),
    etaSeconds: torrent.etaSeconds === undefined ? undefined : cut(torrent.etaSeconds, 1),
    limit: torrent.limit,
    copies: cut(torrent.copies, 10),
  };
}

/** Down, and never NaN, which differs from itself. Infinity becomes null on its way. */
function cut(value: number, steps: number): number {
  return Math.floor(value * steps + 1e-9) / steps || 0;
}

/** Undefined when they are the same. Written out, since a loop over names takes ten times as long for 10,000 rows. */
export function patchOf(old: Row, row: Row): Patch | undefined {
  const isSame =
    old.down === row.down &&
    old.up === row.up &&
    old.peers === row.peers &&
    old.progress === row.progress &&
    old.etaSeconds === row.etaSeconds &&
    old.ratio === row.ratio &&
    old.copies === row.copies &&
    old.status === row.status &&
    old.limit === row.limit &&
    old.error === row.error &&
    old.moving === row.moving &&
    old.size === row.size &&
    old.name === row.name &&
    old.hash === row.hash &&
    old.addedAt === row.addedAt &&
    sameList(old.labels, row.labels);
  return isSame ? undefined : difference(old, row);
}

function difference(old: Row, row: Row): Patch {
  const patch: Record<string, unknown> = { id: row.id };
  for (const key of Object.keys(row) as (keyof Row)[]) {
    const isSame = key === 'labels' ? sameList(old.labels, row.labels) : Object.is(old[key], row[key]);
    if (!isSame) patch[key] = row[key] ?? null;
  }
  return patch as Patch;
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((text, i) => text === b[i]));
}
