import { describe, expect } from 'vitest';
import type { Stage } from '../../lib/stage.js';
import { it } from '../stage-test.js';
import { type Daemon, ours } from './lib/daemons.js';
import { FIELDS, LATER_FIELDS } from './lib/fields.js';
import { addSample, type Sample, sample, settled } from './lib/torrents.js';

/** [what is sent, the id of the answer, its code] */
const REFUSED: readonly [unknown, unknown, number][] = [
  [{ jsonrpc: '2.0', method: 'nothing', id: 1 }, 1, -32601],
  [{ jsonrpc: '2.0', method: 'session-get', id: 1 }, 1, -32601],
  [{ jsonrpc: '2.0', id: 1 }, 1, -32600],
  [{ jsonrpc: '2.0', method: 7, id: 1 }, 1, -32600],
  [{ jsonrpc: '1.0', method: 'session_get', id: 1 }, 1, -32600],
  [{ jsonrpc: 2, method: 'session_get', id: 'a' }, 'a', -32600],
  [{ jsonrpc: null, method: 'session_get', id: 1 }, 1, -32600],
  [{ jsonrpc: '2.0', method: 'session_get', id: {} }, null, -32600],
  [{ jsonrpc: '2.0', method: 'session_get', id: [] }, null, -32600],
  [{ jsonrpc: '2.0', method: 'session_get', id: true }, null, -32600],
  [{ jsonrpc: '2.0', method: 'session_get', params: [], id: 1 }, 1, -32602],
  [{ jsonrpc: '2.0', method: 'session_get', params: 'text', id: 1 }, 1, -32602],
  [[], null, -32600],
  [7, null, -32600],
  ['text', null, -32600],
  [null, null, -32600],
];

async function open(stage: Stage): Promise<{ daemon: Daemon; album: Sample }> {
  const album = await sample(stage, 'album');
  return { daemon: await ours.start(stage), album };
}

function call(method: string, params?: object, id: string | number | null = 1): object {
  return { jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }), id };
}

async function result<T>({ rpc }: Daemon, method: string, params?: object): Promise<T> {
  const { status, json } = await rpc.send(call(method, params));
  expect(status).toBe(200);
  expect(json).toMatchObject({ jsonrpc: '2.0', id: 1, result: expect.anything() });
  expect(Object.keys(json as object).sort()).toEqual(['id', 'jsonrpc', 'result']);
  return (json as { result: T }).result;
}

describe.concurrent('JSON-RPC 2.0 of millrace', () => {
  it('answers with the id it was given, whatever id is allowed', async ({ stage }) => {
    const { daemon } = await open(stage);
    for (const id of [0, 7, -1, 1.5, 'text', '', null])
      expect((await daemon.rpc.send(call('session_stats', undefined, id))).json).toMatchObject({
        id,
        result: { torrent_count: 0 },
      });
  });

  it('refuses what is no call, with code and text', async ({ stage }) => {
    const { daemon } = await open(stage);
    const told = [];
    for (const [request] of REFUSED) {
      const { status, json } = await daemon.rpc.send(request);
      expect(status).toBe(200);
      expect(json, JSON.stringify(request)).toEqual({
        jsonrpc: '2.0',
        id: expect.toSatisfy(() => true),
        error: {
          code: expect.any(Number),
          message: expect.any(String),
          data: expect.objectContaining({ error_string: expect.any(String) }),
        },
      });
      const { id, error } = json as { id: unknown; error: { code: number } };
      told.push([request, id, error.code]);
    }
    expect(told).toEqual(REFUSED);
  });

  it('what is no JSON is -32700 without an id', async ({ stage }) => {
    const { daemon } = await open(stage);
    await daemon.rpc.send(call('session_get'));
    const { status, body } = await daemon.rpc.post('{"jsonrpc": "2.0", ');
    expect(status).toBe(200);
    expect(JSON.parse(body.toString())).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32700 } });
  });

  it('a batch: answers by their ids, none for notifications', async ({ stage }) => {
    const { daemon } = await open(stage);
    const { json } = await daemon.rpc.send([
      call('session_stats', undefined, 'a'),
      { jsonrpc: '2.0', method: 'session_set', params: { speed_limit_down: 77 } },
      call('nothing', undefined, 'b'),
      call('session_get', { fields: ['speed_limit_down'] }, 'c'),
      5,
    ]);
    expect(json).toEqual([
      { jsonrpc: '2.0', id: 'a', result: expect.objectContaining({ torrent_count: 0 }) },
      { jsonrpc: '2.0', id: 'b', error: expect.objectContaining({ code: -32601 }) },
      { jsonrpc: '2.0', id: 'c', result: { speed_limit_down: 77 } },
      { jsonrpc: '2.0', id: null, error: expect.objectContaining({ code: -32600 }) },
    ]);
  });

  it('notifications are 204 without a body, alone and as a batch, and are done', async ({ stage }) => {
    const { daemon } = await open(stage);
    const notice = { jsonrpc: '2.0', method: 'session_set', params: { speed_limit_up: 88 } };
    for (const request of [notice, [notice, notice], { jsonrpc: '2.0', method: 'nothing' }]) {
      const { status, body } = await daemon.rpc.post(JSON.stringify(request));
      expect([status, body.length]).toEqual([204, 0]);
    }
    expect(await result(daemon, 'session_get', { fields: ['speed_limit_up'] })).toEqual({
      speed_limit_up: 88,
    });
  });

  it('spells everything with underscores', async ({ stage }) => {
    const { daemon, album } = await open(stage);
    await addSample(daemon, album, { paused: true });
    const fields = [...FIELDS, ...Object.keys(LATER_FIELDS)].map(toSnake);
    const answers = {
      session: await result(daemon, 'session_get'),
      stats: await result(daemon, 'session_stats'),
      torrents: await result(daemon, 'torrent_get', { fields }),
      space: await result(daemon, 'free_space', { path: daemon.downloads }),
    };
    expect(keysOf(answers).filter(key => !/^[a-z0-9_]+$/.test(key))).toEqual([]);
    const [torrent] = (answers.torrents as { torrents: object[] }).torrents;
    expect(Object.keys(torrent).sort()).toEqual([...new Set(fields)].sort());
  });

  it('tells wanted as booleans, and encryption as it is called now', async ({ stage }) => {
    const { daemon, album } = await open(stage);
    await addSample(daemon, album, { paused: true });
    expect(await result(daemon, 'torrent_get', { fields: ['wanted'] })).toEqual({
      torrents: [{ wanted: [true, true, true] }],
    });
    expect(await result(daemon, 'session_get', { fields: ['encryption'] })).toEqual({
      encryption: 'allowed',
    });
  });

  it('adds, and tells of duplicates and of failures', async ({ stage }) => {
    const { daemon, album } = await open(stage);
    const params = { metainfo: album.metainfo, paused: true, download_dir: daemon.downloads, labels: ['a'] };
    const told = { id: expect.any(Number), name: 'album', hash_string: album.hash };
    expect(await result(daemon, 'torrent_add', params)).toEqual({ torrent_added: told });
    expect(await result(daemon, 'torrent_add', params)).toEqual({ torrent_duplicate: told });
    await settled(daemon.rpc, album.hash);
    const ids = [album.hash];
    const failures: [string, object, number, string][] = [
      ['torrent_add', { ...params, download_dir: 'relative' }, 3, 'download directory path is not absolute'],
      ['torrent_add', { metainfo: 'AAAA' }, 9, 'invalid or corrupt torrent file'],
      ['torrent_add', {}, -32602, 'no filename or metainfo specified'],
      ['torrent_set', { ids, files_wanted: [9] }, 6, 'file index out of range'],
      ['torrent_set', { ids, labels: [''] }, -32602, 'labels cannot be empty'],
      ['torrent_set', { ids, labels: ['a,b'] }, -32602, 'labels cannot contain comma (,) character'],
      ['torrent_set_location', { ids, location: 'relative' }, 3, 'new location path is not absolute'],
    ];
    const found = [];
    for (const [method, args] of failures) {
      const { json } = await daemon.rpc.send(call(method, args));
      const { code, data } = (json as { error: { code: number; data: { error_string: string } } }).error;
      found.push([method, args, code, data.error_string]);
    }
    expect(found).toEqual(failures);
  });

  it('is told apart from the legacy dialect by its key alone', async ({ stage }) => {
    const { daemon } = await open(stage);
    expect((await daemon.rpc.send({ method: 'session-stats', id: 4 })).json).toMatchObject({
      result: 'success',
    });
    expect((await daemon.rpc.send({ method: 'session_stats', tag: 4 })).json).toMatchObject({ tag: 4 });
  });
});

function toSnake(name: string): string {
  return name
    .replaceAll('-', '_')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(keysOf);
  return Object.entries(value).flatMap(([key, item]) => [key, ...keysOf(item)]);
}
