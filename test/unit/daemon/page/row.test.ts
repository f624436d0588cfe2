import { describe, expect, it } from 'vitest';
import { patchOf, toRow } from '../../../../src/daemon/page/row.js';
import type { PageTorrent } from '../../../../src/daemon/page/source.js';
import { torrent } from '../../../lib/page-source.js';

const base = torrent(7, { name: 'a', labels: ['x'], limit: 'remote', progress: 0.5 });
const patch = (change: Partial<PageTorrent>) => patchOf(toRow(base), toRow({ ...base, ...change }));

describe('toRow', () => {
  it('rounds down to what is shown', () => {
    const row = toRow({
      ...base,
      progress: 0.99999,
      down: 10.9,
      ratio: 1.239,
      copies: 2.99,
      etaSeconds: 5.5,
    });
    expect(row).toMatchObject({ progress: 0.999, down: 10, ratio: 1.23, copies: 2.9, etaSeconds: 5 });
  });

  it('keeps values that have no more digits', () => {
    for (let i = 0; i <= 1000; i++) expect(toRow({ ...base, progress: i / 1000 }).progress).toBe(i / 1000);
  });

  it('knows no NaN, and leaves Infinity', () => {
    expect(toRow({ ...base, progress: Number.NaN, ratio: Number.POSITIVE_INFINITY })).toMatchObject({
      progress: 0,
      ratio: Number.POSITIVE_INFINITY,
    });
  });
});

describe('patchOf', () => {
  it('tells of a move as it goes on, and of its end', () => {
    expect(patch({ moving: 0.257 })).toEqual({ id: 7, moving: 0.25 });
    expect(patchOf(toRow({ ...base, moving: 0.5 }), toRow(base))).toEqual({ id: 7, moving: null });
  });

  it('is undefined when all that is shown is the same', () => {
    expect(patch({})).toBeUndefined();
    expect(patch({ labels: ['x'], progress: 0.50001 })).toBeUndefined();
    expect(
      patchOf(toRow({ ...base, ratio: Number.NaN }), toRow({ ...base, ratio: Number.NaN })),
    ).toBeUndefined();
  });

  it.each<Partial<PageTorrent>>([
    { down: 5 },
    { up: 5 },
    { peers: 5 },
    { progress: 0.6 },
    { etaSeconds: 9 },
    { ratio: 9 },
    { copies: 9 },
    { status: 'stopped' },
    { limit: 'disk' },
    { error: 'no' },
    { size: 9 },
    { name: 'b' },
    { hash: 'ff' },
    { addedAt: 9 },
    { labels: ['y'] },
    { labels: [] },
  ])('has what changed and no more: %j', change => {
    expect(patch(change)).toEqual({ id: 7, ...change });
  });

  it('says null of what is no longer there', () => {
    expect(patch({ limit: undefined })).toEqual({ id: 7, limit: null });
  });

  it('looks at every field of a row', () => {
    const row = toRow(base);
    const unseen = Object.keys(row).filter(
      key => key !== 'id' && patchOf(row, { ...row, [key]: key === 'labels' ? ['z'] : '?' }) === undefined,
    );
    expect(unseen).toEqual([]);
  });
});
