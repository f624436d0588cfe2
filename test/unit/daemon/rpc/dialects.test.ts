import { describe, expect, it } from 'vitest';
import { answerJsonRpc } from '../../../../src/daemon/rpc/json-rpc.js';
import { answerLegacy } from '../../../../src/daemon/rpc/legacy.js';
import { type Call, type Methods, RpcFailure } from '../../../../src/daemon/rpc/methods.js';
import { toCamel, toKebab, toSnake } from '../../../../src/daemon/rpc/spelling.js';

const calls: Call[] = [];
const reported: unknown[] = [];
const methods: Methods = new Map<string, (call: Call) => unknown>([
  [
    'free_space',
    call => {
      calls.push(call);
      return { path: call.params.path, size_bytes: 1, total_size: 2 };
    },
  ],
  [
    'session_get',
    () => ({
      download_dir: '/d',
      seed_ratio_limit: 2,
      rpc_version_semver: '5.3.0',
      units: { speed_bytes: 1000 },
    }),
  ],
  [
    'session_stats',
    () => ({
      torrent_count: 1,
      cumulative_stats: { uploaded_bytes: 5 },
      current_stats: { seconds_active: 3 },
    }),
  ],
  ['torrent_add', () => Promise.resolve({ torrent_added: { id: 1, hash_string: 'ab' } })],
  [
    'torrent_stop',
    () => {
      throw new RpcFailure(9, 'invalid or corrupt torrent file');
    },
  ],
  [
    'torrent_start',
    () => {
      throw new TypeError('secret /home/me');
    },
  ],
  ['torrent_verify', () => undefined],
]);
const legacy = (request: object) =>
  answerLegacy(request as Record<string, unknown>, methods, error => reported.push(error));
const json = (request: unknown) => answerJsonRpc(request, methods, error => reported.push(error));

it.each([
  ['download_dir', 'download-dir', 'downloadDir'],
  ['rpc_version_semver', 'rpc-version-semver', 'rpcVersionSemver'],
  ['alt_speed_time_begin', 'alt-speed-time-begin', 'altSpeedTimeBegin'],
  ['id', 'id', 'id'],
])('%s, %s and %s are one name', (snake, kebab, camel) => {
  expect([toKebab(snake), toCamel(snake)]).toEqual([kebab, camel]);
  expect([snake, kebab, camel].map(toSnake)).toEqual([snake, snake, snake]);
});

describe('the legacy dialect', () => {
  it('answers with result, arguments and the tag', async () => {
    expect(await legacy({ method: 'free-space', arguments: { path: '/a' }, tag: 7 })).toEqual({
      result: 'success',
      arguments: { path: '/a', 'size-bytes': 1, total_size: 2 },
      tag: 7,
    });
  });

  it('spells names as Transmission does, which is in three ways', async () => {
    expect((await legacy({ method: 'session-get' })).arguments).toEqual({
      'download-dir': '/d',
      seedRatioLimit: 2,
      'rpc-version-semver': '5.3.0',
      units: { 'speed-bytes': 1000 },
    });
    expect((await legacy({ method: 'session-stats' })).arguments).toEqual({
      torrentCount: 1,
      'cumulative-stats': { uploadedBytes: 5 },
      'current-stats': { secondsActive: 3 },
    });
    expect((await legacy({ method: 'torrent-add' })).arguments).toEqual({
      'torrent-added': { id: 1, hashString: 'ab' },
    });
  });

  it('takes names in any spelling', async () => {
    for (const key of ['downloadDir', 'download-dir', 'download_dir']) {
      await legacy({ method: 'free-space', arguments: { [key]: 1 } });
      expect(calls.at(-1)!.params).toEqual({ download_dir: 1 });
    }
  });

  it.each([undefined, null, [], 'x'])('arguments %j are none', async value => {
    await legacy({ method: 'free-space', arguments: value });
    expect(calls.at(-1)!.params).toEqual({});
  });

  it.each([false, 'x', null, 1.5, {}])('a tag that is no whole number, %j, is left out', async tag => {
    expect(await legacy({ method: 'torrent-verify', tag })).toEqual({ result: 'success', arguments: {} });
  });

  it('tells what is wrong in result, and nothing of the inside', async () => {
    expect(await legacy({ tag: 1 })).toEqual({ result: 'no method name', arguments: {}, tag: 1 });
    expect((await legacy({ method: 'nope' })).result).toBe('method name not recognized');
    expect((await legacy({ method: 'constructor' })).result).toBe('method name not recognized');
    expect((await legacy({ method: 'torrent-stop' })).result).toBe('invalid or corrupt torrent file');
    reported.length = 0;
    expect((await legacy({ method: 'torrent-start' })).result).toBe('internal error');
    expect(reported).toEqual([expect.any(TypeError)]);
  });
});

describe('JSON-RPC 2.0', () => {
  const call = (method: string, rest = {}) => ({ jsonrpc: '2.0', method, id: 1, ...rest });

  it('answers in our spelling', async () => {
    expect(await json(call('free_space', { params: { path: '/a' }, id: 'x' }))).toEqual({
      jsonrpc: '2.0',
      id: 'x',
      result: { path: '/a', size_bytes: 1, total_size: 2 },
    });
    expect(await json(call('torrent_verify', { id: null }))).toEqual({
      jsonrpc: '2.0',
      id: null,
      result: {},
    });
  });

  it.each([
    [{ jsonrpc: '1.0', method: 'session_get', id: 4 }, 4, -32600],
    [{ jsonrpc: '2.0', method: 5, id: 4 }, 4, -32600],
    [{ jsonrpc: '2.0', method: 'session_get', id: {} }, null, -32600],
    [call('session-get'), 1, -32601],
    [call('session_get', { params: [] }), 1, -32602],
    [call('torrent_stop'), 1, 9],
    [call('torrent_start'), 1, -32603],
    [5, null, -32600],
    [null, null, -32600],
    [[], null, -32600],
  ])('%j fails', async (request, id, code) => {
    expect(await json(request)).toMatchObject({ jsonrpc: '2.0', id, error: { code } });
  });

  it('a call without id is answered by nobody, even when it fails', async () => {
    for (const method of ['session_get', 'torrent_stop', 'nope']) {
      const { id: _, ...notification } = call(method);
      expect(await json(notification)).toBeUndefined();
    }
  });

  it('a batch: an answer for each that waits, in order', async () => {
    const { id: _, ...notification } = call('session_get');
    expect(
      await json([call('torrent_verify', { id: 1 }), notification, 7, call('torrent_stop', { id: 2 })]),
    ).toMatchObject([
      { id: 1, result: {} },
      { id: null, error: { code: -32600 } },
      { id: 2, error: { code: 9 } },
    ]);
    expect(await json([notification])).toBeUndefined();
    expect(await json(Array.from({ length: 101 }, () => call('torrent_verify')))).toMatchObject({
      error: { code: -32600 },
    });
  });
});
