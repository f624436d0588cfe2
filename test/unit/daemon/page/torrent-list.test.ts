import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Torrents } from '../../../../src/daemon/page/client/torrents.js';
import { toRow } from '../../../../src/daemon/page/row.js';
import type { PageTorrent } from '../../../../src/daemon/page/source.js';
import { TorrentList } from '../../../../src/daemon/page/torrent-list.js';
import type { Change } from '../../../../src/daemon/page/wire.js';
import { torrent } from '../../../lib/page-source.js';

const named = (...ids: number[]) => ids.map(id => torrent(id, { name: `torrent ${id}` }));
const changes = (list: TorrentList, torrents: Iterable<PageTorrent>, size = 1000) => [
  ...list.update(torrents, size),
];
const sent = (change: Change): Change => JSON.parse(JSON.stringify(change));
const json = (value: unknown) => JSON.parse(JSON.stringify(value));

describe('TorrentList', () => {
  it('tells new torrents, then what changed, then what is gone', () => {
    const list = new TorrentList();
    const [a, b] = named(1, 2);
    expect(changes(list, [a, b])).toEqual([{ rows: [toRow(a), toRow(b)] }]);
    expect(changes(list, [a, b])).toEqual([undefined]);
    expect(changes(list, [a, { ...b, up: 9 }])).toEqual([{ patches: [{ id: 2, up: 9 }] }]);
    expect(changes(list, [{ ...b, up: 9 }])).toEqual([{ gone: [1] }]);
    expect([...list.rows()]).toEqual([toRow({ ...b, up: 9 })]);
  });

  it('works in slices', () => {
    const told = changes(new TorrentList(), named(1, 2, 3, 4, 5), 2);
    expect(told.map(change => change?.rows?.map(({ id }) => id))).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('asks for no more than a slice at a time', () => {
    let read = 0;
    const torrents = (function* () {
      for (const item of named(1, 2, 3, 4, 5)) {
        read++;
        yield item;
      }
    })();
    new TorrentList().update(torrents, 2).next();
    expect(read).toBe(2);
  });

  it('keeps no hold on objects that the source goes on to change', () => {
    const list = new TorrentList();
    const mutable = { ...named(1)[0] };
    changes(list, [mutable]);
    mutable.up = 77;
    expect(changes(list, [mutable])).toEqual([{ patches: [{ id: 1, up: 77 }] }]);
  });
});

/** Rounds of a session: which torrents there are, and one number of each. */
const rounds = fc.array(
  fc
    .uniqueArray(fc.record({ id: fc.integer({ min: 1, max: 12 }), up: fc.nat(3), error: fc.boolean() }), {
      selector: ({ id }) => id,
      maxLength: 12,
    })
    .map(items =>
      items.map(({ id, up, error }) =>
        torrent(id, { name: `torrent ${id}`, up, error: error ? 'disk full' : undefined }),
      ),
    ),
  { minLength: 1, maxLength: 6 },
);

describe('a viewer', () => {
  it('who comes at any moment ends with what there is, however list and changes are mixed', () => {
    fc.assert(
      fc.property(rounds, fc.nat(5), fc.nat(3), (all, arrival, pause) => {
        const list = new TorrentList();
        const viewer = new Torrents();
        let rows: Iterator<unknown> | undefined;
        const listSome = (count: number) => {
          for (let i = 0; i < count; i++) {
            const next = rows!.next();
            if (next.done) return viewer.ready();
            viewer.apply(sent({ rows: [next.value as never] }));
          }
        };
        all.forEach((torrents, round) => {
          if (round === arrival) {
            rows = list.rows();
            viewer.begin();
          }
          for (const change of list.update(torrents, 2)) {
            if (rows === undefined) continue;
            if (change !== undefined) viewer.apply(sent(change));
            listSome(pause);
          }
        });
        if (rows === undefined) return;
        listSome(100);
        const seen = viewer.all.map(row => JSON.parse(JSON.stringify(row, (_, value) => value ?? undefined)));
        const there = [...list.rows()].map(json);
        const byId = (a: { id: number }, b: { id: number }) => a.id - b.id;
        expect(seen.sort(byId)).toEqual(there.sort(byId));
      }),
      { numRuns: 500 },
    );
  });
});
