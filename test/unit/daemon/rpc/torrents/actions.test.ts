import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DaemonStage } from '../../../../lib/daemon-stage.js';
import { turn } from '../../../../lib/fake-torrent.js';

let stage: DaemonStage;
beforeEach(async () => {
  stage = await DaemonStage.open();
});
afterEach(() => stage.close());

const ask = async (method: string, args: object) => (await stage.ask(method, args)).result;
const addAll = async (names: string) => {
  const hashes: string[] = [];
  for (const name of names) hashes.push(await stage.add(name));
  return hashes;
};
const stored = (hash: string) => stage.onDisk().get(`torrent.${hash}`);

describe('what was confirmed is on disk', () => {
  it('start, start now, stop', async () => {
    const [a] = await addAll('a');
    await ask('torrent-stop', { ids: [a] });
    expect(stored(a)).toMatchObject({ running: false });
    stage.nowMs = 5000;
    await ask('torrent-start-now', { ids: [a] });
    expect(stored(a)).toMatchObject({ forced: true, startedAt: 1_000_005 });
    expect(stored(a)).not.toHaveProperty('running');
    await ask('torrent-start', { ids: [a] });
    expect(stored(a)).not.toHaveProperty('forced');
  });

  it('removal, and moves in the queue', async () => {
    const [a, b] = await addAll('ab');
    await ask('queue-move-top', { ids: [b] });
    stage = await stage.again('kill');
    expect(stage.names()).toBe('b a');
    await ask('torrent-remove', { ids: [a] });
    stage = await stage.again('kill');
    expect(stage.names()).toBe('b');
  });
});

it('a start makes a finished torrent one that is not', async () => {
  const [a] = await addAll('a');
  stage.state.catalog.edit(stage.entry(a), { finished: true, running: false });
  await ask('torrent-start', { ids: [a] });
  expect(stage.entry(a).record).toMatchObject({ finished: false, running: true });
});

describe('removal', () => {
  it('without ids is refused: nobody means all', async () => {
    await addAll('ab');
    for (const args of [{}, { ids: null }, { 'delete-local-data': true }])
      expect(await ask('torrent-remove', args)).toBe('torrents to remove must be named: ids');
    expect(await ask('torrent-remove', { ids: [] })).toBe('success');
    expect(await ask('torrent-remove', { ids: [99, 'x'] })).toBe('success');
    expect(stage.names()).toBe('a b');
  });

  it('deletes data when it is said so, and then alone', async () => {
    const [a, b, c, d] = await addAll('abcd');
    const torrents = [a, b, c, d].map(hash => stage.torrent(hash));
    await ask('torrent-remove', { ids: [a] });
    await ask('torrent-remove', { ids: [b], 'delete-local-data': true });
    await ask('torrent-remove', { ids: [c], delete_local_data: 1 });
    await ask('torrent-remove', { ids: [d], 'delete-local-data': 'false' });
    expect(torrents.map(({ calls }) => calls.join())).toEqual(['', 'removeData', 'removeData', '']);
    expect(existsSync(join(stage.dir, 'state', 'torrents', `${a}.torrent`))).toBe(false);
  });

  it('twice at the same time is once, and both are told when it is done', async () => {
    const [a] = await addAll('a');
    const torrent = stage.torrent(a);
    const both = await Promise.all(
      [1, 2].map(() => ask('torrent-remove', { ids: [a], 'delete-local-data': true })),
    );
    expect([both, torrent.calls, stored(a)]).toEqual([['success', 'success'], ['removeData'], undefined]);
  });

  it('of one that could not be opened leaves its data, and says so in the log', async () => {
    const [a] = await addAll('a');
    stage.state.catalog.set(stage.entry(a), { torrent: undefined });
    await ask('torrent-remove', { ids: [a], 'delete-local-data': true });
    expect(stage.logged).toContain('error: a torrent that could not be opened leaves its data');
    expect([stored(a), stage.session.forgotten]).toEqual([undefined, [a]]);
  });
});

it('a stopped torrent is stopped again when it was verified', async () => {
  const [a] = await addAll('a');
  await ask('torrent-stop', { ids: [a] });
  await ask('torrent-verify', { ids: [a] });
  await ask('torrent-verify', { ids: [a] }); // goes on already
  const status = async () =>
    (await stage.ask('torrent-get', { ids: a, fields: ['status'] })).arguments.torrents as unknown;
  expect(await status()).toEqual([{ status: 2 }]);
  await stage.torrent(a).endRecheck(0);
  expect(await status()).toEqual([{ status: 0 }]);
});

it('announces those that are named', async () => {
  const [a, b] = await addAll('ab');
  await ask('torrent-reannounce', { ids: [b] });
  expect([stage.torrent(a).calls, stage.torrent(b).calls]).toEqual([[], ['reannounce']]);
});

describe('a new location', () => {
  const location = async (args: object) => ask('torrent-set-location', args);

  it('is checked before anything is done', async () => {
    const [a] = await addAll('a');
    expect(await location({ ids: [a] })).toBe('no location');
    expect(await location({ ids: [a], location: 'dl' })).toBe('new location path is not absolute');
    for (const to of ['/etc', join(stage.dir, 'dl2'), `${join(stage.dir, 'dl')}/../dl2`])
      expect(await location({ ids: [a], location: to, move: true })).toBe(
        'this folder is not below download-dir or one of roots',
      );
    await turn();
    expect(stage.torrent(a).calls).toEqual([]);
  });

  it('is moved to, or only pointed at, as is said', async () => {
    const [a, b] = await addAll('ab');
    const to = join(stage.dir, 'dl', 'new');
    await location({ ids: [a], location: to, move: true });
    await location({ ids: [b], location: to });
    await stage.moved();
    expect(stage.torrent(a).calls).toEqual([`setDir ${to} move`]);
    expect(stage.torrent(b).calls).toEqual([`setDir ${to} is there`]);
    expect([stage.entry(a).record.dir, stored(a)?.dir]).toEqual([to, to]);
  });

  it('that cannot be reached leaves the torrent where it is', async () => {
    const [a] = await addAll('a');
    stage.torrent(a).setDir = () => Promise.reject(new Error('no space'));
    await location({ ids: [a], location: join(stage.dir, 'dl', 'new'), move: true });
    await stage.moved();
    expect([stage.entry(a).record.dir, stage.logged.includes('error: no space')]).toEqual([
      ...[join(stage.dir, 'dl'), true],
    ]);
  });
});

it('a name is changed of one torrent at a time', async () => {
  const [a, b] = await addAll('ab');
  const rename = (args: object) => ask('torrent-rename-path', { path: 'a', name: 'z', ...args });
  for (const args of [{}, { ids: [a, b] }, { ids: [] }, { ids: [99] }])
    expect(await rename(args)).toBe('torrent-rename-path requires 1 torrent');
  expect(await rename({ ids: [a], name: '' })).toBe('path and name are needed');
  stage.state.catalog.set(stage.entry(a), { torrent: undefined });
  expect(await rename({ ids: [a] })).toBe('the torrent could not be opened');
});

describe('the queue', () => {
  const move = async (where: string, ids: string) => {
    const numbers = [...ids].map(
      name => [...stage.state.catalog.all()].find(({ record }) => record.name === name)!.id,
    );
    await ask(`queue-move-${where}`, { ids: numbers });
    return stage.names().replaceAll(' ', '');
  };

  it.each([
    ['top', 'c', 'cabde'],
    ['top', 'dc', 'cdabe'],
    ['bottom', 'b', 'acdeb'],
    ['bottom', 'ba', 'cdeab'],
    ['up', 'c', 'acbde'],
    ['up', 'a', 'abcde'],
    ['up', 'ab', 'abcde'],
    ['up', 'bc', 'bcade'],
    ['up', 'ac', 'acbde'],
    ['up', 'ce', 'acbed'],
    ['down', 'c', 'abdce'],
    ['down', 'e', 'abcde'],
    ['down', 'de', 'abcde'],
    ['down', 'bc', 'adbce'],
    ['down', 'ce', 'abdce'],
    ['top', '', 'abcde'],
    ['bottom', 'abcde', 'abcde'],
  ])('%s, %j: %s', async (where, ids, expected) => {
    await addAll('abcde');
    expect(await move(where, ids)).toBe(expected);
  });

  it('several that go keep their order, whatever goes where', async () => {
    await addAll('abcdef');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('top', 'up', 'down', 'bottom'),
        fc.subarray([...'abcdef']),
        async (where, ids) => {
          const before = stage.names().replaceAll(' ', '');
          const after = await move(where, ids.join(''));
          const of = (order: string, moved: boolean) =>
            [...order].filter(name => ids.includes(name) === moved).join('');
          expect([of(after, true), of(after, false)]).toEqual([of(before, true), of(before, false)]);
          const step = [...ids].map(name => after.indexOf(name) - before.indexOf(name));
          if (where === 'up') expect(step.every(by => by === -1 || by === 0)).toBe(true);
          if (where === 'down') expect(step.every(by => by === 1 || by === 0)).toBe(true);
          if (where === 'top') expect(after.startsWith(of(before, true))).toBe(true);
          if (where === 'bottom') expect(after.endsWith(of(before, true))).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});
