import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMethods } from '../../../../../src/daemon/rpc/table.js';
import { DaemonStage } from '../../../../lib/daemon-stage.js';
import { torrentFile } from '../../../../lib/fake-torrent.js';

let stage: DaemonStage;
beforeEach(async () => {
  stage = await DaemonStage.open();
});
afterEach(() => stage.close());

const PIECE = 16_384;
const bytes = torrentFile('one', [PIECE, PIECE, PIECE]);
const metainfo = Buffer.from(bytes).toString('base64');
const add = (args: object) => stage.ask('torrent-add', args);
const only = () => [...stage.state.catalog.all()][0];

it('tells number, name and hash of what was added, and of what was there', async () => {
  const { result, arguments: told } = await add({ metainfo });
  const what = { id: 1, name: 'one', hashString: only().infoHash };
  expect([result, told]).toEqual(['success', { 'torrent-added': what }]);
  expect(await add({ metainfo, 'download-dir': join(stage.dir, 'dl', 'x') })).toEqual({
    ...{ result: 'success', arguments: { 'torrent-duplicate': what } },
  });
  expect(only().record.dir).toBe(join(stage.dir, 'dl'));
});

it('two clients at the same time add one', async () => {
  const answers = await Promise.all([add({ metainfo }), add({ metainfo }), add({ metainfo })]);
  expect(answers.map(({ arguments: told }) => Object.keys(told)[0]).sort()).toEqual([
    ...['torrent-added', 'torrent-duplicate', 'torrent-duplicate'],
  ]);
  expect(stage.session.opened).toHaveLength(1);
});

it('takes all that may be said with it', async () => {
  await add({
    ...{ metainfo, paused: true, labels: [' a ', 'b', 'a'], 'peer-limit': 99_999, bandwidthPriority: -9 },
    ...{ 'files-unwanted': [0, 1], 'files-wanted': [1], 'priority-high': [2], 'priority-low': [0] },
    ...{ sequential_download: true, 'download-dir': join(stage.dir, 'dl', 'new') },
  });
  expect(only().record).toMatchObject({
    ...{ running: false, labels: ['a', 'b'], maxPeers: 10_000, priority: -1, sequential: true },
    ...{ skip: [0], high: [2], low: [0], dir: join(stage.dir, 'dl', 'new') },
  });
});

it('absent, empty and wrongly typed wishes are none', async () => {
  await add({
    ...{ metainfo, 'download-dir': '', labels: 'a', 'peer-limit': '5', 'files-unwanted': [], paused: 'no' },
  });
  expect(only().record).toMatchObject({
    ...{ running: true, labels: [], maxPeers: undefined, skip: [], dir: join(stage.dir, 'dl') },
  });
});

describe('refuses', () => {
  it.each([
    ['no source', {}, 'no filename or metainfo specified'],
    ['empty ones', { metainfo: '', filename: '' }, 'no filename or metainfo specified'],
    [
      'what is no torrent',
      { metainfo: Buffer.from('d4:infodee').toString('base64') },
      'invalid or corrupt torrent file',
    ],
    ['what is no base64', { metainfo: '*&^%' }, 'invalid or corrupt torrent file'],
    ['a relative folder', { metainfo, 'download-dir': 'dl' }, 'download directory path is not absolute'],
    [
      'a folder elsewhere',
      { metainfo, 'download-dir': '/etc' },
      'this folder is not below download-dir or one of roots',
    ],
    ['files that it does not have', { metainfo, 'files-unwanted': [3] }, 'file index out of range'],
    ['an empty label', { metainfo, labels: ['a', ' '] }, 'labels cannot be empty'],
    ['a label with a comma', { metainfo, labels: ['a,b'] }, 'labels cannot contain comma (,) character'],
    ['a name of nothing', { filename: 'nothing' }, 'unrecognized info'],
    ['what cannot be fetched', { filename: 'http://x.example/a' }, "couldn't fetch torrent: no network"],
  ])('%s', async (_, args, text) => {
    expect((await add(args)).result).toBe(text);
    expect(stage.state.catalog.size).toBe(0);
  });
});

it('a folder that leads out by a link is one elsewhere', async () => {
  mkdirSync(join(stage.dir, 'other'));
  symlinkSync(join(stage.dir, 'other'), join(stage.dir, 'dl', 'link'));
  const { result } = await add({ metainfo, 'download-dir': join(stage.dir, 'dl', 'link', 'x') });
  expect(result).toBe('this folder is not below download-dir or one of roots');
});

describe('a magnet link', () => {
  const HASH = '0123456789abcdef0123456789abcdef01234567';
  const base32 = 'AERUKZ4JVPG66AJDIVTYTK6N54ASGRLH';

  it.each([
    ['a link', `magnet:?xt=urn:btih:${HASH}&dn=x`, 'x'],
    ['one with blanks around it', ` MAGNET:?xt=urn:btih:${HASH}\n`, HASH],
    ['one to play at once', `stream-magnet:?xt=urn:btih:${HASH}&dn=x`, 'x'],
    ['a hash', HASH, HASH],
    ['a hash in base32', base32, HASH],
  ])('may be %s', async (_, filename, name) => {
    const { result, arguments: told } = await add({ filename });
    expect([result, told]).toEqual([...['success', { 'torrent-added': { id: 1, name, hashString: HASH } }]]);
    expect(stage.session.sought[0].magnet).toMatch(/^magnet:/i);
  });
});

describe('a path of this machine', () => {
  const file = () => join(stage.dir, 'one.torrent');

  it('is nothing to clients, whether there is such a file or not', async () => {
    writeFileSync(file(), bytes);
    for (const filename of [file(), `file://${file()}`, join(stage.dir, 'none'), '/etc/passwd'])
      expect((await add({ filename })).result).toBe('unrecognized info');
  });

  describe('when the settings allow it', () => {
    beforeEach(async () => {
      await stage.close();
      stage = await DaemonStage.open('rpc-local-files = true\n');
      writeFileSync(file(), bytes);
    });

    it('is read', async () => {
      expect(Object.keys((await add({ filename: file() })).arguments)).toEqual(['torrent-added']);
    });

    it('but nothing that has no end, or is too long, or is none', async () => {
      for (const filename of ['/dev/zero', stage.dir, join(stage.dir, 'none'), 'one.torrent'])
        expect((await add({ filename })).result).toBe('unrecognized info');
      truncateSync(file(), 10_000_001);
      expect((await add({ filename: file() })).result).toBe('invalid or corrupt torrent file');
    });
  });
});

it('a URL is fetched with the cookies that go with it', async () => {
  const asked: unknown[] = [];
  const methods = createMethods({
    ...stage.context,
    fetchTorrent: async (...args) => {
      asked.push(args);
      return bytes;
    },
  });
  const params = { filename: 'HTTPS://x.example/a', cookies: 'a=b' };
  const told = await methods.get('torrent_add')!({ method: 'torrent_add', params, dialect: 'legacy' });
  expect(told).toMatchObject({ torrent_added: { name: 'one' } });
  expect(asked).toEqual([['HTTPS://x.example/a', 'a=b']]);
});
