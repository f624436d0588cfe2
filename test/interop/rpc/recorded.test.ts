import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import type { Stage } from '../../lib/stage.js';
import { until } from '../../lib/until.js';
import { skipReason } from '../clients/required.js';
import { it } from '../stage-test.js';
import { BOTH, type Daemon, type DaemonKind } from './lib/daemons.js';
import { typeName } from './lib/differences.js';
import { FIELDS, TRACKER_STATS } from './lib/fields.js';
import type { Envelope, RawAnswer, RawRequest } from './lib/rpc-client.js';
import { addSample, type Sample, STATUS, sample, settled } from './lib/torrents.js';

const PATH = '/transmission/rpc';
const HEADER = 'x-transmission-session-id';

async function open(stage: Stage, kind: DaemonKind): Promise<{ daemon: Daemon; album: Sample }> {
  const album = await sample(stage, 'album');
  return { daemon: await kind.start(stage), album };
}

function parse({ body, headers }: RawAnswer): Envelope {
  const plain = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  return JSON.parse(plain.toString('utf8'));
}

/** As a client does that sends these headers each time, and learns the id by the first answer. */
async function sender({ rpc }: Daemon, request: Omit<RawRequest, 'body'>) {
  const first = await rpc.raw({ ...request, body: '{}' });
  expect(first.status).toBe(409);
  const id = String(first.headers[HEADER]);
  return async (body: object): Promise<Envelope> => {
    const headers = { ...request.headers, 'X-Transmission-Session-Id': id };
    const answer = await rpc.raw({ ...request, headers, body: JSON.stringify(body) });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json; charset=UTF-8');
    return parse(answer);
  };
}

/** The fields that Sonarr asks: one of them in two spellings. */
const SONARR = [
  ...['id', 'hashString', 'name', 'downloadDir', 'totalSize', 'leftUntilDone', 'isFinished', 'eta', 'status'],
  ...['secondsDownloading', 'secondsSeeding', 'errorString', 'uploadedEver', 'downloadedEver'],
  ...[
    'seedRatioLimit',
    'seedRatioMode',
    'seedIdleLimit',
    'seedIdleMode',
    'fileCount',
    'file-count',
    'labels',
  ],
];

for (const kind of BOTH)
  describe
    .skipIf(skipReason([kind]) !== undefined)
    .concurrent(`requests of known clients to ${kind.name}`, () => {
      it('Sonarr: the id by GET, the version, what it lists, a seed ratio, a removal', async ({ stage }) => {
        const { daemon, album } = await open(stage, kind);
        const got = await daemon.rpc.raw({
          verb: 'GET',
          path: PATH,
          headers: { Authorization: 'Basic Og==' },
        });
        expect(got.status).toBe(409);
        expect(got.headers[HEADER]).toMatch(/^[0-9A-Za-z]{48}$/);
        const send = await sender(daemon, { headers: { 'Content-Type': 'application/json' } });
        const { version } = (await send({ method: 'session-get' })).arguments;
        const number = /(?<!\(|(?:\d|\.)+)(?:\d|\.)+(?!\)|(?:\d|\.)+)/.exec(String(version))?.[0] ?? '';
        expect(Number.parseFloat(number)).toBeGreaterThanOrEqual(kind.isReference ? 3 : 4);
        const args = { metainfo: album.metainfo, paused: false, 'download-dir': daemon.downloads };
        const added = await send({ method: 'torrent-add', arguments: args });
        expect(added.arguments['torrent-added']).toMatchObject({ hashString: album.hash, name: 'album' });
        const ids = [album.hash];
        const ratio = { ids, seedRatioLimit: 1.5, seedRatioMode: 1, seedIdleLimit: 60, seedIdleMode: 1 };
        expect(await send({ method: 'torrent-set', arguments: ratio })).toMatchObject({ result: 'success' });
        await settled(daemon.rpc, album.hash);
        const list = await send({ method: 'torrent-get', arguments: { fields: SONARR } });
        const [torrent] = list.arguments.torrents as Record<string, unknown>[];
        expect(torrent).toMatchObject({
          hashString: album.hash,
          downloadDir: daemon.downloads,
          totalSize: album.bytes,
          leftUntilDone: album.bytes,
          isFinished: false,
          eta: expect.any(Number),
          status: STATUS.downloading,
          errorString: '',
          seedRatioLimit: 1.5,
          seedRatioMode: 1,
          seedIdleLimit: 60,
          seedIdleMode: 1,
          labels: [],
        });
        if (!kind.isReference) expect(torrent).toMatchObject({ 'file-count': 3, fileCount: 3 });
        expect(await send({ method: 'queue-move-top', arguments: { ids } })).toMatchObject({
          result: 'success',
        });
        const gone = { 'delete-local-data': true, ids };
        expect(await send({ method: 'torrent-remove', arguments: gone })).toMatchObject({
          result: 'success',
        });
        await until('the removal', async () => {
          const { torrents } = (await send({ method: 'torrent-get', arguments: { fields: ['id'] } }))
            .arguments;
          return (torrents as unknown[]).length === 0;
        });
      });

      it('Sonarr: a seed that has reached its ratio stands still, and says that it is finished', async ({
        stage,
      }) => {
        const { daemon, album } = await open(stage, kind);
        await album.writeFiles(daemon.downloads);
        await addSample(daemon, album);
        const fields = ['status', 'isFinished', 'leftUntilDone', 'seedRatioMode', 'seedRatioLimit'];
        expect(await daemon.rpc.torrent(album.hash, fields)).toMatchObject({ isFinished: false });
        await daemon.rpc.call('torrent-set', { ids: [album.hash], seedRatioLimit: 0, seedRatioMode: 1 });
        const found = await until('the end', async () => {
          const torrent = await daemon.rpc.torrent(album.hash, fields);
          return torrent.status === STATUS.stopped && torrent;
        });
        expect(found).toEqual({
          status: STATUS.stopped,
          isFinished: true,
          leftUntilDone: 0,
          seedRatioMode: 1,
          seedRatioLimit: 0,
        });
        await daemon.rpc.call('torrent-set', { ids: [album.hash], seedRatioMode: 2 });
        await daemon.rpc.call('torrent-start', { ids: [album.hash] });
        await until('a seed', async () => {
          const torrent = await daemon.rpc.torrent(album.hash, fields);
          return torrent.status === STATUS.seeding && torrent.isFinished === false;
        });
      });

      it('autobrr: each answer has the tag of its request, and tells of trackers', async ({ stage }) => {
        const { daemon, album } = await open(stage, kind);
        const headers = { 'Content-Type': 'application/json', 'User-Agent': 'Go-http-client/1.1' };
        const send = await sender(daemon, { headers: { ...headers, 'Accept-Encoding': 'gzip' } });
        const fields = ['rpc-version', 'rpc-version-minimum'];
        const version = await send({ method: 'session-get', arguments: { fields }, tag: 1_804_289_383 });
        expect(version).toMatchObject({ result: 'success', tag: 1_804_289_383 });
        expect(version.arguments).toMatchObject({ 'rpc-version': kind.isReference ? 16 : 17 });
        expect(Number(version.arguments['rpc-version-minimum'])).toBeLessThanOrEqual(15);
        const args = { metainfo: album.metainfo, paused: false, 'download-dir': daemon.downloads };
        expect(await send({ method: 'torrent-add', arguments: args, tag: 2 })).toMatchObject({ tag: 2 });
        await settled(daemon.rpc, album.hash);
        const asked = {
          ids: [album.hash],
          fields: ['id', 'hashString', 'error', 'errorString', 'trackerStats'],
        };
        const answer = await send({ method: 'torrent-get', arguments: asked, tag: 3 });
        expect(answer.tag).toBe(3);
        const [torrent] = answer.arguments.torrents as { trackerStats: object[] }[];
        const types = Object.fromEntries(
          Object.entries(torrent.trackerStats[0]).map(([key, value]) => [key, typeName(value)]),
        );
        expect(types).toMatchObject(TRACKER_STATS);
        const again = { ids: [album.hash] };
        expect(await send({ method: 'torrent-reannounce', arguments: again, tag: 0 })).toEqual({
          result: 'success',
          arguments: {},
          tag: 0,
        });
      });

      it('cross-seed: a torrent with a label whose files are there, and the end of its check', async ({
        stage,
      }) => {
        const { daemon, album } = await open(stage, kind);
        const send = await sender(daemon, { headers: { 'Content-Type': 'application/json' } });
        await album.writeFiles(daemon.downloads);
        const labels = ['cross-seed'];
        const args = { 'download-dir': daemon.downloads, metainfo: album.metainfo, paused: true, labels };
        const added = await send({ method: 'torrent-add', arguments: args });
        expect(added.arguments).toHaveProperty('torrent-added');
        await settled(daemon.rpc, album.hash);
        const again = await send({ method: 'torrent-add', arguments: args });
        expect(again).toMatchObject({
          result: 'success',
          arguments: { 'torrent-duplicate': { hashString: album.hash, name: 'album', id: 1 } },
        });
        const ids = [album.hash];
        expect(await send({ method: 'torrent-verify', arguments: { ids } })).toMatchObject({
          result: 'success',
        });
        const fields = [
          'status',
          'leftUntilDone',
          'name',
          'labels',
          'downloadDir',
          'files',
          'trackers',
          'error',
        ];
        const torrent = await until('the end of the check', async () => {
          const answer = await send({ method: 'torrent-get', arguments: { ids, fields } });
          const [found] = answer.arguments.torrents as Record<string, unknown>[];
          return found.leftUntilDone === 0 && found.status === STATUS.stopped && found;
        });
        expect(torrent).toMatchObject({
          name: 'album',
          downloadDir: daemon.downloads,
          error: 0,
          files: album.files.map(({ path, length }) => expect.objectContaining({ name: path, length })),
          trackers: [expect.objectContaining({ announce: expect.stringContaining('127.0.0.1:9'), tier: 0 })],
        });
        // 3.00 takes them by torrent-set alone
        if (!kind.isReference) expect(torrent.labels).toEqual(labels);
      });

      it('tremc: the id from the text of the page, a form by its type, tags that tell answers apart', async ({
        stage,
      }) => {
        const { daemon } = await open(stage, kind);
        const form = { 'Content-Type': 'application/x-www-form-urlencoded', 'Accept-Encoding': 'identity' };
        const refused = await daemon.rpc.raw({ headers: form, body: '{}' });
        expect(refused.status).toBe(409);
        const id = /X-Transmission-Session-Id:\s*(\w+)/.exec(refused.body.toString())?.[1] ?? '';
        expect(id).toBe(refused.headers[HEADER]);
        const headers = { ...form, 'X-Transmission-Session-Id': id };
        const fields = ['id', 'name', 'sequential_download', 'peer-limit', 'uploadRatio'];
        for (const [tag, request] of [
          [77, { method: 'torrent-get', arguments: { fields } }],
          [21, { method: 'session-stats' }],
          [22, { method: 'session-get' }],
        ] as const) {
          const answer = await daemon.rpc.raw({ headers, body: JSON.stringify({ ...request, tag }) });
          expect(parse(answer)).toMatchObject({ result: 'success', tag });
        }
      });

      it('python: an id of "0" at first, and the right one with each answer', async ({ stage }) => {
        const { daemon } = await open(stage, kind);
        const headers = {
          'X-Transmission-Session-Id': '0',
          'Accept-Encoding': 'gzip, deflate',
          Accept: '*/*',
        };
        const body = JSON.stringify({ method: 'session-get', arguments: {}, tag: 1 });
        const refused = await daemon.rpc.raw({ headers, body });
        expect(refused.status).toBe(409);
        const id = String(refused.headers[HEADER]);
        const answer = await daemon.rpc.raw({
          headers: { ...headers, 'X-Transmission-Session-Id': id },
          body,
        });
        expect(answer.status).toBe(200);
        // 3.00 does not; a client of 2021 then asks everything twice
        if (!kind.isReference) expect(answer.headers[HEADER]).toBe(id);
        expect(parse(answer)).toMatchObject({ result: 'success', tag: 1 });
      });

      it('transmission-remote: the path with a slash, packed answers', async ({ stage }) => {
        const { daemon, album } = await open(stage, kind);
        await addSample(daemon, album, { paused: true });
        const headers = {
          'Content-Type': 'application/x-www-form-urlencoded',
          'Accept-Encoding': 'deflate, gzip, br, zstd',
        };
        const path = `${PATH}/`;
        const refused = await daemon.rpc.raw({ headers, path, body: '{}' });
        expect(refused.status).toBe(409);
        const all = { ...headers, 'X-Transmission-Session-Id': String(refused.headers[HEADER]) };
        const body = JSON.stringify({ method: 'torrent-get', arguments: { fields: FIELDS } });
        const answer = await daemon.rpc.raw({ headers: all, path, body });
        expect(answer.headers['content-encoding']).toBe('gzip');
        expect(parse(answer).arguments.torrents).toHaveLength(1);
      });

      it('Flood: a login that nobody asked for, hashes in capitals', async ({ stage }) => {
        const { daemon, album } = await open(stage, kind);
        const headers = { Authorization: 'Basic Og==', 'Content-Type': 'application/json' };
        const send = await sender(daemon, { headers });
        await addSample(daemon, album, { paused: true });
        const ids = [album.hash.toUpperCase()];
        const fields = ['hashString', 'files', 'fileStats', 'labels', 'trackers', 'peers'];
        const answer = await send({ method: 'torrent-get', arguments: { ids, fields } });
        const [torrent] = answer.arguments.torrents as Record<string, unknown[]>[];
        expect(torrent.hashString).toBe(album.hash);
        for (const key of fields.slice(1)) expect(torrent[key], key).toBeInstanceOf(Array);
        expect(torrent.fileStats).toHaveLength(torrent.files.length);
        const labels = ['films'];
        expect(await send({ method: 'torrent-set', arguments: { ids, labels } })).toMatchObject({
          result: 'success',
        });
        expect(await daemon.rpc.torrent(album.hash, ['labels'])).toEqual({ labels });
      });

      it('a torrent by its URL, with cookies', async ({ stage }) => {
        const { daemon, album } = await open(stage, kind);
        const cookies: (string | undefined)[] = [];
        const server = createServer((request, response) => {
          cookies.push(request.headers.cookie);
          if (request.url === '/album.torrent') response.end(Buffer.from(album.metainfo, 'base64'));
          else response.writeHead(404).end();
        });
        await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
        stage.defer(() => server.close());
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        const absent = { filename: `${url}/absent.torrent` };
        const { result } = await daemon.rpc.legacy({ method: 'torrent-add', arguments: absent });
        expect(result).toMatch(/404/);
        const args = { filename: `${url}/album.torrent`, cookies: 'uid=7; pass=secret', paused: true };
        expect(await daemon.rpc.call('torrent-add', args)).toMatchObject({
          'torrent-added': { hashString: album.hash, name: 'album' },
        });
        expect(cookies.at(-1)).toBe('uid=7; pass=secret');
      });

      it('a torrent by its path on the machine of the daemon', async ({ stage }) => {
        const album = await sample(stage, 'album');
        const daemon = await kind.start(stage, { flags: ['--rpc-local-files', 'true'] });
        const args = { filename: album.path, paused: true };
        expect(await daemon.rpc.call('torrent-add', args)).toMatchObject({
          'torrent-added': { hashString: album.hash, name: 'album' },
        });
      });

      it('ids: [] is nobody', async ({ stage }) => {
        const { daemon, album } = await open(stage, kind);
        await addSample(daemon, album, { paused: true });
        for (const method of ['torrent-start', 'torrent-remove'])
          expect(await daemon.rpc.call(method, { ids: [] })).toEqual({});
        expect(await daemon.rpc.torrent(album.hash, ['status'])).toEqual({ status: STATUS.stopped });
        expect(await daemon.rpc.call('torrent-get', { ids: [], fields: ['id'] })).toEqual({ torrents: [] });
      });
    });
