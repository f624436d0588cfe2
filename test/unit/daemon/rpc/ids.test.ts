import { expect, it } from 'vitest';
import { asksForRecent, torrentsOf } from '../../../../src/daemon/rpc/ids.js';
import { Catalog } from '../../../../src/daemon/torrents/catalog.js';
import { createRecord } from '../../../../src/daemon/torrents/record.js';

let nowMs = 0;
const catalog = new Catalog({ journal: { set() {} } as never, nowMs: () => nowMs });
const hash = (letter: string) => letter.repeat(40);
for (const letter of 'abc')
  catalog.add(createRecord({ infoHash: hash(letter), name: letter, length: 1, dir: '/' }));
nowMs = 100_000;
catalog.edit(catalog.byId(2)!, { forced: true });

const names = (ids: unknown) => [...torrentsOf(catalog, ids)].map(({ record }) => record.name).join('');

it.each([
  ['absent: all', undefined, 'abc'],
  ['null: all', null, 'abc'],
  ['an empty list: none', [], ''],
  ['a number', 2, 'b'],
  ['a hash', hash('c'), 'c'],
  ['a hash in capitals, as some clients send it', hash('C'), 'c'],
  ['both, mixed, each once, as they are named', [3, hash('A'), hash('c'), 3, 1], 'ca'],
  ['those that there are not are passed over', [0, -1, 99, 1.5, hash('d'), 2], 'b'],
  ['what changed of late', 'recently-active', 'b'],
  ['in the other spelling', 'recently_active', 'b'],
  ['no names', 'a', ''],
  ['no numbers in text', ['1', '2'], ''],
  ['not part of a hash', [hash('a').slice(1), `${hash('a')}a`, ` ${hash('a')}`], ''],
  ['no recent ones in a list', ['recently-active'], ''],
  ['nothing else', [null, true, {}, [1], Number.NaN], ''],
  ['an object', {}, ''],
  ['true', true, ''],
])('%s', (_, ids, expected) => expect(names(ids)).toBe(expected));

it('recent ones are asked for by their two names alone', () => {
  expect(['recently-active', 'recently_active', undefined, [], 'all'].map(asksForRecent)).toEqual([
    ...[true, true, false, false, false],
  ]);
});
