import { describe, expect, it } from 'vitest';
import { byName, type Query, select, tally } from '../../../../../src/daemon/page/client/select.js';
import { torrent } from '../../../../lib/page-source.js';

const rows = [
  torrent(1, { name: 'Part 10', size: 5, up: 1, labels: ['b'], limit: 'disk', addedAt: 3 }),
  torrent(2, { name: 'part 9', size: 7, status: 'downloading', down: 9, etaSeconds: 60, addedAt: 2 }),
  torrent(3, { name: 'Übersicht', size: 5, status: 'error', labels: ['a', 'b'], addedAt: 1 }),
  torrent(4, { name: 'alpha', size: 1, status: 'check-wait', limit: 'cpu', addedAt: 4 }),
].sort(byName);

const all: Query = { text: '', group: 'all', label: '', key: 'name', descending: false };
const ids = (query: Partial<Query>) => select(rows, { ...all, ...query }).map(({ id }) => id);

describe('select', () => {
  it('sorts names as people do: numbers as numbers, case and accents aside', () => {
    expect(ids({})).toEqual([4, 2, 1, 3]);
    expect(ids({ descending: true })).toEqual([3, 1, 2, 4]);
  });

  it('sorts by number, and what is equal by name, both ways', () => {
    expect(ids({ key: 'size' })).toEqual([4, 1, 3, 2]);
    expect(ids({ key: 'size', descending: true })).toEqual([2, 1, 3, 4]);
    expect(ids({ key: 'addedAt' })).toEqual([3, 2, 1, 4]);
  });

  it('takes what is unknown as more than anything', () => {
    expect(ids({ key: 'etaSeconds' })[0]).toBe(2);
    expect(ids({ key: 'limit' })).toEqual([4, 1, 2, 3]);
    const endless = torrent(9, { name: 'z', ratio: null as unknown as number });
    const sorted = select([...rows, endless], { ...all, key: 'ratio', descending: true });
    expect(sorted[0].id).toBe(9);
  });

  it('sorts by status: what needs attention first', () => {
    expect(ids({ key: 'status' })).toEqual([3, 2, 4, 1]);
  });

  it('finds all words, in any case and order', () => {
    expect(ids({ text: 'PART' })).toEqual([2, 1]);
    expect(ids({ text: ' 10  par ' })).toEqual([1]);
    expect(ids({ text: 'über' })).toEqual([3]);
    expect(ids({ text: 'nothing' })).toEqual([]);
  });

  it('shows a group, a label, and both', () => {
    expect(ids({ group: 'active' })).toEqual([2, 1]);
    expect(ids({ group: 'checking' })).toEqual([4]);
    expect(ids({ label: 'b' })).toEqual([1, 3]);
    expect(ids({ label: 'b', group: 'error' })).toEqual([3]);
  });

  it('leaves the rows that it was given in their order', () => {
    const before = [...rows];
    ids({ key: 'size', descending: true });
    ids({ descending: true });
    expect(rows).toEqual(before);
  });
});

it('tally counts groups and knows labels', () => {
  const { groups, labels } = tally(rows);
  expect(groups).toEqual({
    all: 4,
    active: 2,
    downloading: 1,
    seeding: 1,
    checking: 1,
    stopped: 0,
    error: 1,
  });
  expect(labels).toEqual(['a', 'b']);
});
