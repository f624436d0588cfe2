import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../../../src/daemon/state/journal.js';
import { replayLines } from '../../../../src/daemon/state/journal-lines.js';
import { Catalog } from '../../../../src/daemon/torrents/catalog.js';
import {
  createRecord,
  packRecord,
  type TorrentRecord,
  unpackRecord,
} from '../../../../src/daemon/torrents/record.js';

let dir: string;
let journal: Journal;
let nowMs: number;
let catalog: Catalog;
const path = () => join(dir, 'daemon.journal');
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-catalog-'));
  journal = await Journal.open(path());
  nowMs = 0;
  catalog = new Catalog({ journal, nowMs: () => nowMs });
});
afterEach(async () => {
  await journal.close();
  rmSync(dir, { recursive: true, force: true });
});

const hash = (name: string) => Buffer.from(name.padEnd(20, '.')).toString('hex');
const record = (name: string, rest: Partial<TorrentRecord> = {}) =>
  createRecord({ infoHash: hash(name), name, length: 1, dir: '/dl', ...rest });
const add = (...names: string[]) => names.map(name => catalog.add(record(name)));
const order = (of = catalog) =>
  of
    .inQueueOrder()
    .map(entry => entry.record.name)
    .join('');
const positions = () => catalog.inQueueOrder().map(({ position }) => position);

/** A daemon that starts now. */
async function restarted(): Promise<Catalog> {
  await catalog.flush();
  await journal.close();
  journal = await Journal.open(path());
  const next = new Catalog({ journal, nowMs: () => nowMs });
  expect(next.load()).toEqual([]);
  return next;
}

describe('records', () => {
  const full = record('a', {
    ...{ labels: ['x'], running: false, queueKey: -1.5, maxPeers: 7, skip: [1], incompleteDir: '/inc' },
    ...{ trackers: [], down: { on: true, value: 5 }, phase: { kind: 'seeding', since: 3 } },
  });

  it('have only what differs from a new torrent in a line, and are the same after it', () => {
    expect(packRecord(record('a'))).toEqual({ infoHash: hash('a'), name: 'a', length: 1, dir: '/dl' });
    expect(unpackRecord(JSON.parse(JSON.stringify(packRecord(full))))).toEqual(full);
  });

  it('an edit back to a default, or to nothing, is remembered', () => {
    const edited = {
      ...full,
      running: true,
      maxPeers: undefined,
      incompleteDir: undefined,
      phase: undefined,
    };
    expect(unpackRecord(JSON.parse(JSON.stringify(packRecord(edited))))).toEqual(
      record('a', {
        ...full,
        running: true,
        maxPeers: undefined,
        incompleteDir: undefined,
        phase: undefined,
      }),
    );
  });

  it.each([
    null,
    7,
    'text',
    [],
    {},
    { infoHash: hash('a') },
    { infoHash: hash('a'), dir: '' },
    { dir: '/dl' },
  ])('%j is none', value => expect(unpackRecord(value)).toBeUndefined());

  it.each(['../../../etc/passwd', hash('a').toUpperCase(), `${hash('a')}0`, hash('a').slice(1)])(
    'an info-hash %s is none: it names a file',
    infoHash => expect(unpackRecord({ infoHash, dir: '/dl' })).toBeUndefined(),
  );
});

it('what cannot be read is told, and costs nothing else', async () => {
  add('a');
  journal.set(`torrent.${hash('b')}`, { name: 'b' });
  journal.set('settings', { dir: '/dl' });
  await catalog.flush();
  const next = new Catalog({ journal, nowMs: () => 0 });
  expect(next.load()).toEqual([`torrent.${hash('b')}`]);
  expect([next.size, order(next)]).toEqual([1, 'a']);
});

it('numbers are from 1 and never come again; a hash and a number find the same', () => {
  const [a, b] = add('a', 'b');
  expect([a.id, b.id, catalog.byId(2), catalog.get(hash('b'))]).toEqual([1, 2, b, b]);
  expect([catalog.remove(a), catalog.remove(a), catalog.byId(1), catalog.get(hash('a'))]).toEqual([
    ...[true, false, undefined, undefined],
  ]);
  expect(add('c')[0].id).toBe(3);
  expect([catalog.size, catalog.added]).toEqual([2, 3]);
});

describe('the queue', () => {
  it('ends with who came last, and positions are from 0 without gaps', () => {
    const [, b] = add('a', 'b', 'c');
    catalog.remove(b);
    expect([order(), positions()]).toEqual(['ac', [0, 1]]);
    add('d');
    expect([order(), positions()]).toEqual(['acd', [0, 1, 2]]);
  });

  it.each([
    [0, 'cabd'],
    [-5, 'cabd'],
    [1, 'acbd'],
    [2, 'abcd'],
    [3, 'abdc'],
    [99, 'abdc'],
  ])('c moves to %i: %s', async (position, expected) => {
    const [, , c] = add('a', 'b', 'c', 'd');
    catalog.moveTo(c, position);
    expect([order(), positions()]).toEqual([expected, [0, 1, 2, 3]]);
    expect(order(await restarted())).toBe(expected);
  });

  it('who comes after a move to the end is behind it, also after a restart', async () => {
    const [a] = add('a', 'b');
    catalog.moveTo(a, 9);
    add('c');
    expect(order()).toBe('bac');
    const next = await restarted();
    next.add(record('d'));
    expect(order(next)).toBe('bacd');
  });

  it('is numbered anew when no number is left between two', async () => {
    const [a, b, c] = add('a', 'b', 'c');
    // each halves what lies between the first two: 53 bits are used up
    for (let i = 0; i < 200; i++) catalog.moveTo(i % 2 === 0 ? c : b, 1);
    expect(order()).toBe('abc');
    expect(a.record.queueKey).toBe(0);
    expect(new Set([a, b, c].map(({ record }) => record.queueKey)).size).toBe(3);
    expect(order(await restarted())).toBe('abc');
  });

  it('equal numbers, as an import may bring, are told apart by a move between them', async () => {
    for (const name of 'abc') journal.set(`torrent.${hash(name)}`, packRecord(record(name, { queueKey: 5 })));
    catalog.load();
    catalog.moveTo(catalog.get(hash('c'))!, 1);
    expect(order()).toBe('acb');
    expect(order(await restarted())).toBe('acb');
  });

  it('is as a list would be, whatever moves, comes and goes', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.constantFrom('add', 'remove', 'move'), fc.nat(9), fc.integer({ min: -2, max: 12 })),
        ),
        steps => {
          const list: string[] = [];
          const under = new Catalog({ journal, nowMs: () => 0 });
          for (const [step, which, to] of steps) {
            const name = `${which}`;
            const entry = under.get(hash(name));
            if (step === 'add' && entry === undefined) {
              under.add(record(name));
              list.push(name);
            } else if (entry !== undefined && step !== 'add') {
              list.splice(list.indexOf(name), 1);
              if (step === 'remove') under.remove(entry);
              else {
                under.moveTo(entry, to);
                list.splice(Math.max(0, Math.min(list.length, to)), 0, name);
              }
            }
          }
          expect(order(under)).toBe(list.join(''));
        },
      ),
    ));
});

it('an edit is on disk after a flush, and no other line is', async () => {
  const [a] = add('a', 'b');
  await catalog.flush();
  const before = readFileSync(path()).length;
  catalog.edit(a, { labels: ['new'] });
  catalog.edit(a, { forced: true });
  await catalog.flush();
  const added = readFileSync(path()).subarray(before).toString();
  expect(added.split('\n')).toHaveLength(2);
  const [, stored] = [...replayLines(readFileSync(path())).values].find(([key]) => key.includes(hash('a')))!;
  expect(stored).toMatchObject({ labels: ['new'], forced: true });
});

it('what is known of this run alone is not written', async () => {
  const [a] = add('a');
  await catalog.flush();
  const before = readFileSync(path()).length;
  catalog.set(a, { admitted: true, movedMs: 5 });
  await catalog.flush();
  expect([readFileSync(path()).length, a.admitted]).toEqual([before, true]);
});

it('recent are those that were edited, moved payload or came within a minute; removed ones are told by number', () => {
  const [a, b, c] = add('a', 'b', 'c');
  const recent = () => catalog.recent().map(({ id }) => id);
  nowMs = 60_000;
  expect(recent()).toEqual([1, 2, 3]);
  nowMs = 60_001;
  expect(recent()).toEqual([]);
  catalog.edit(a, { forced: true });
  catalog.set(b, { movedMs: nowMs });
  catalog.remove(c);
  nowMs += 60_000;
  expect([recent(), catalog.recentlyRemoved()]).toEqual([[1, 2], [3]]);
  nowMs += 1;
  expect([recent(), catalog.recentlyRemoved()]).toEqual([[], []]);
});
