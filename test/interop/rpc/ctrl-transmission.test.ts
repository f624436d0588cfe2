import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Transmission } from '@ctrl/transmission';
import { describe, expect } from 'vitest';
import type { Stage } from '../../lib/stage.js';
import { until } from '../../lib/until.js';
import { skipReason } from '../clients/required.js';
import { it } from '../stage-test.js';
import { BOTH, type Daemon, type DaemonKind } from './lib/daemons.js';
import { type Sample, STATUS, sample, settled } from './lib/torrents.js';

/** Unless told otherwise it names `/downloads`, which is nothing that a test may make. */
class Client extends Transmission {
  constructor(readonly daemon: Daemon) {
    super({ baseUrl: `${daemon.origin}/` });
  }

  override addTorrent(...[torrent, options]: Parameters<Transmission['addTorrent']>) {
    return super.addTorrent(torrent, { 'download-dir': this.daemon.downloads, ...options });
  }
}

interface Setting {
  readonly daemon: Daemon;
  readonly client: Transmission;
  readonly album: Sample;
  readonly single: Sample;
}

async function open(stage: Stage, kind: DaemonKind): Promise<Setting> {
  const [album, single] = [await sample(stage, 'album'), await sample(stage, 'single')];
  const daemon = await kind.start(stage);
  return { daemon, client: new Client(daemon), album, single };
}

/** Adds it stopped, and waits until it has been looked at. */
async function add({ client, daemon }: Setting, { metainfo, hash }: Sample): Promise<number> {
  const { result, arguments: added } = await client.addTorrent(metainfo, {
    'download-dir': daemon.downloads,
    paused: true,
  });
  expect(result).toBe('success');
  expect(added).toEqual({
    'torrent-added': { id: expect.any(Number), hashString: hash, name: expect.any(String) },
  });
  await settled(daemon.rpc, hash);
  return added['torrent-added'].id;
}

const DONE = { result: 'success', arguments: {} };

for (const kind of BOTH)
  describe.skipIf(skipReason([kind]) !== undefined).concurrent(`@ctrl/transmission and ${kind.name}`, () => {
    it('session: get, set, state', async ({ stage }) => {
      const { daemon, client } = await open(stage, kind);
      const { arguments: session } = await client.getSession();
      expect(session).toMatchObject({
        'download-dir': daemon.downloads,
        'peer-port': daemon.peers.port,
        'rpc-version': expect.any(Number),
        'speed-limit-down-enabled': false,
        units: { 'speed-units': expect.any(Array), 'speed-bytes': 1000 },
      });
      expect(await client.setSession({ 'speed-limit-down': 321, 'speed-limit-down-enabled': true })).toEqual(
        DONE,
      );
      const again = Transmission.createFromState(client.config, client.exportState());
      expect((await again.getSession()).arguments).toMatchObject({
        'speed-limit-down': 321,
        'speed-limit-down-enabled': true,
      });
    });

    it('add: text, bytes, with a label', async ({ stage }) => {
      const setting = await open(stage, kind);
      const { client, album, single } = setting;
      await add(setting, single);
      const added = await client.normalizedAddTorrent(await readFile(album.path), {
        label: 'films',
        startPaused: true,
      });
      expect(added).toMatchObject({ id: album.hash, name: 'album', label: 'films', isCompleted: false });
      const { torrents, labels } = await client.getAllData();
      expect(new Set(torrents.map(({ id }) => id))).toEqual(new Set([single.hash, album.hash]));
      expect(labels).toEqual([{ id: 'films', name: 'films', count: 1 }]);
    });

    it('add: magnet links, by both of its names for that', async ({ stage }) => {
      const { client, daemon, album, single } = await open(stage, kind);
      const options = { 'download-dir': daemon.downloads };
      const answers = [
        await client.addMagnet(album.magnet, options),
        await client.addUrl(single.magnet, options),
      ];
      expect(answers.map(({ arguments: added }) => added['torrent-added'].hashString)).toEqual([
        album.hash,
        single.hash,
      ]);
      const { torrents } = await client.getAllData();
      expect(torrents.map(({ name }) => name).sort()).toEqual(['album', 'single.bin']);
    });

    it('a torrent in its terms', async ({ stage }) => {
      const setting = await open(stage, kind);
      const { client, daemon, album } = setting;
      await album.writeFiles(daemon.downloads);
      await add(setting, album);
      expect(await client.verifyTorrent(album.hash)).toEqual(DONE);
      const found = await until('the files', async () => {
        const torrent = await client.getTorrent(album.hash);
        return torrent.isCompleted && torrent.state === 'paused' && torrent;
      });
      expect(found).toMatchObject({
        id: album.hash,
        name: 'album',
        state: 'paused',
        progress: 1,
        savePath: daemon.downloads,
        uploadSpeed: 0,
        downloadSpeed: 0,
        queuePosition: 0,
        totalPeers: 0,
        totalSize: album.bytes,
        totalSelected: album.bytes,
        totalUploaded: 0,
      });
      expect(Math.abs(new Date(found.dateAdded).getTime() - Date.now())).toBeLessThan(60_000);
      await expect(client.getTorrent('0'.repeat(40))).rejects.toThrow('Torrent not found');
    });

    it('list, with more fields', async ({ stage }) => {
      const setting = await open(stage, kind);
      const { client, album, single } = setting;
      const id = await add(setting, album);
      await add(setting, single);
      expect((await client.listTorrents()).arguments.torrents).toHaveLength(2);
      expect((await client.listTorrents('recently-active')).arguments).toMatchObject({ removed: [] });
      const { torrents } = (await client.listTorrents(album.hash, ['trackerStats', 'pieceCount'])).arguments;
      expect(torrents).toEqual([
        expect.objectContaining({
          id,
          pieceCount: album.pieces,
          trackerStats: [expect.objectContaining({ announce: expect.stringContaining('127.0.0.1:9') })],
          files: album.files.map(({ path, length }) => expect.objectContaining({ length, name: path })),
          wanted: [1, 1, 1],
          priorities: [0, 0, 0],
          labels: [],
          webseeds: [],
          peers: [],
        }),
      ]);
    });

    it('resume, reannounce, pause', async ({ stage }) => {
      const setting = await open(stage, kind);
      const { client, daemon, album } = setting;
      await add(setting, album);
      const status = async () => (await daemon.rpc.torrent(album.hash, ['status'])).status;
      expect(await client.resumeTorrent(album.hash)).toEqual(DONE);
      await until('the start', async () => (await status()) === STATUS.downloading);
      expect(await client.reannounceTorrent(album.hash)).toEqual(DONE);
      expect(await client.pauseTorrent(album.hash)).toEqual(DONE);
      await until('the stop', async () => (await status()) === STATUS.stopped);
    });

    it('set', async ({ stage }) => {
      const setting = await open(stage, kind);
      const { client, daemon, album } = setting;
      await add(setting, album);
      const wanted = {
        bandwidthPriority: 1,
        downloadLimit: 11,
        downloadLimited: true,
        uploadLimit: 12,
        uploadLimited: true,
        honorsSessionLimits: false,
        seedIdleLimit: 13,
        seedIdleMode: 1,
        seedRatioLimit: 1.25,
        seedRatioMode: 1,
        labels: ['one', 'two'],
      };
      const files = { 'files-unwanted': [0], 'priority-high': [1], 'priority-low': [2] };
      expect(await client.setTorrent(album.hash, { ...wanted, ...files, 'peer-limit': 14 })).toEqual(DONE);
      expect(await daemon.rpc.torrent(album.hash, Object.keys(wanted))).toEqual(wanted);
      const fields = ['wanted', 'priorities', 'maxConnectedPeers'];
      expect(await daemon.rpc.torrent(album.hash, fields)).toEqual({
        wanted: [0, 1, 1],
        priorities: [0, 1, -1],
        maxConnectedPeers: 14,
      });
    });

    it('queue', async ({ stage }) => {
      const setting = await open(stage, kind);
      const { client } = setting;
      const torrents = [
        await sample(stage, 'album'),
        await sample(stage, 'single'),
        await sample(stage, 'album', 2),
      ];
      for (const torrent of torrents) await add(setting, torrent);
      const [a, b, c] = torrents.map(({ hash }) => hash);
      const order = async () => {
        const { torrents: all } = (await client.listTorrents()).arguments;
        const sorted = all.sort((x, y) => x.queuePosition - y.queuePosition);
        expect(sorted.map(({ queuePosition }) => queuePosition)).toEqual([0, 1, 2]);
        return sorted.map(({ hashString }) => hashString);
      };
      expect(await order()).toEqual([a, b, c]);
      expect(await client.queueTop(c)).toEqual(DONE);
      expect(await order()).toEqual([c, a, b]);
      expect(await client.queueDown(c)).toEqual(DONE);
      expect(await order()).toEqual([a, c, b]);
      expect(await client.queueUp(b)).toEqual(DONE);
      expect(await order()).toEqual([a, b, c]);
      expect(await client.queueBottom(a)).toEqual(DONE);
      expect(await order()).toEqual([b, c, a]);
    });

    it('move, rename, remove', async ({ stage }) => {
      const setting = await open(stage, kind);
      const { client, daemon, album } = setting;
      await album.writeFiles(daemon.downloads);
      const id = await add(setting, album);
      await client.verifyTorrent(album.hash);
      await until('the files', async () => (await client.getTorrent(album.hash)).isCompleted);
      await settled(daemon.rpc, album.hash);
      const to = stage.path('moved');
      expect(await client.moveTorrent(album.hash, to)).toEqual(DONE);
      await until('the move', async () => (await client.getTorrent(album.hash)).savePath === to);
      await until('the files', () => existsSync(`${to}/album/two.bin`));
      expect(await client.renamePath(album.hash, { path: 'album', name: 'renamed' })).toEqual({
        result: 'success',
        arguments: { path: 'album', name: 'renamed', id },
      });
      expect((await client.getTorrent(album.hash)).name).toBe('renamed');
      expect(
        await client.renamePath(album.hash, { path: 'renamed/two.bin', name: 'three.bin' }),
      ).toMatchObject({ result: 'success' });
      await until('the new name', () => existsSync(`${to}/renamed/three.bin`));
      expect(await client.removeTorrent(album.hash, true)).toEqual(DONE);
      await until('the files to go', () => !existsSync(`${to}/renamed`));
      expect((await client.getAllData()).torrents).toEqual([]);
    });

    it('free space', async ({ stage }) => {
      const { client, daemon } = await open(stage, kind);
      const { result, arguments: found } = await client.freeSpace(daemon.downloads);
      expect(result).toBe('success');
      expect(found).toMatchObject({ path: daemon.downloads, 'size-bytes': expect.any(Number) });
      expect(found['size-bytes']).toBeGreaterThan(0);
    });
  });
