import { readFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import type { Stage } from '../../lib/stage.js';
import { until } from '../../lib/until.js';
import { startMillrace } from '../millrace.js';
import { it } from '../stage-test.js';
import { type Daemon, ours } from './lib/daemons.js';
import { typeName } from './lib/differences.js';
import { LATER_FIELDS, LATER_SESSION, PEER, TRACKER_STATS } from './lib/fields.js';
import { addSample, type Sample, sample } from './lib/torrents.js';

async function open(stage: Stage): Promise<{ daemon: Daemon; album: Sample }> {
  const album = await sample(stage, 'album');
  return { daemon: await ours.start(stage), album };
}

describe.concurrent('what clients of today ask, and 3.00 does not know', () => {
  it('fields and keys of later versions have their types', async ({ stage }) => {
    const { daemon, album } = await open(stage);
    await addSample(daemon, album, { paused: true });
    const torrent = await daemon.rpc.torrent(album.hash, Object.keys(LATER_FIELDS));
    expect(types(torrent)).toEqual(LATER_FIELDS);
    expect(types(await daemon.rpc.call('session-get'))).toMatchObject(LATER_SESSION);
    const [first] = (await daemon.rpc.torrent<{ files: object[] }>(album.hash, ['files'])).files;
    expect(types(first)).toMatchObject({ beginPiece: 'number', endPiece: 'number' });
    const rows = await daemon.rpc.torrent<{ trackers: object[]; trackerStats: object[] }>(album.hash, [
      'trackers',
      'trackerStats',
    ]);
    expect(types(rows.trackers[0])).toMatchObject({ sitename: 'string' });
    expect(types(rows.trackerStats[0])).toMatchObject({ ...TRACKER_STATS, sitename: 'string' });
  });

  it('fields in any spelling come back as they were asked', async ({ stage }) => {
    const { daemon, album } = await open(stage);
    await addSample(daemon, album, { paused: true });
    const fields = [
      'hashString',
      'hash_string',
      'peer-limit',
      'peerLimit',
      'peer_limit',
      'download-dir',
      'downloadDir',
    ];
    expect(Object.keys(await daemon.rpc.torrent(album.hash, fields)).sort()).toEqual([...fields].sort());
  });

  it('a path on the machine of the daemon is nothing to it, unless a setting says so', async ({ stage }) => {
    const { daemon, album } = await open(stage);
    const request = { method: 'torrent-add', arguments: { filename: album.path } };
    expect((await daemon.rpc.legacy(request)).result).toBe('unrecognized info');
  });

  it('Flood and cross-seed find the .torrent of a hash in config-dir', async ({ stage }) => {
    const { daemon, album } = await open(stage);
    await addSample(daemon, album, { paused: true });
    const { 'config-dir': dir } = await daemon.rpc.call<{ 'config-dir': string }>('session-get');
    const path = `${dir}/torrents/${album.hash}.torrent`;
    expect((await readFile(path)).toString('base64')).toBe(album.metainfo);
    expect(await daemon.rpc.torrent(album.hash, ['torrentFile'])).toEqual({ torrentFile: path });
  });

  it('torrent-remove wants ids', async ({ stage }) => {
    const { daemon, album } = await open(stage);
    await addSample(daemon, album, { paused: true });
    expect((await daemon.rpc.legacy({ method: 'torrent-remove' })).result).not.toBe('success');
    expect(await daemon.rpc.torrent(album.hash, ['id'])).toEqual({ id: expect.any(Number) });
  });

  it('peers have all their keys', async ({ stage }) => {
    const { daemon, album } = await open(stage);
    await addSample(daemon, album);
    await startMillrace(stage, { torrent: album.path, dir: stage.path('peer'), peers: [daemon.peers] });
    const peer = await until('a peer', async () => {
      const { peers } = await daemon.rpc.torrent<{ peers: object[] }>(album.hash, ['peers']);
      return peers[0];
    });
    expect(types(peer)).toMatchObject(PEER);
  });
});

function types(of: object): Record<string, string> {
  return Object.fromEntries(Object.entries(of).map(([key, value]) => [key, typeName(value)]));
}
