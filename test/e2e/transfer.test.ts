import { describe, expect, it } from 'vitest';
import type { PeerAddress } from '../../src/engine/ids.js';
import { Peer } from '../lib/e2e-peer.js';
import { addressOf, KiB, MiB, makeSample, openSeed, openSession, openStage } from '../lib/e2e-stage.js';
import { hashTree } from '../lib/sample-files.js';

const SINGLE = { 'film.bin': 6 * MiB + 4321 };
/** Files that share pieces, that end on a piece's border, that are empty, in folders. */
const MULTI = {
  'album/01.bin': 2 * MiB + 1,
  'album/02.bin': 64 * KiB,
  'album/cover/front.bin': 100,
  'album/empty.txt': 0,
  'album/z.bin': 3 * MiB - 101,
};

describe('a seed and a downloader in two processes', () => {
  it.each([
    ['one file', SINGLE],
    ['many files', MULTI],
  ])('%s: every byte arrives', async (_, files) => {
    const stage = await openStage();
    const { dir, torrent, metainfo } = await makeSample(stage, files);
    const seed = new Peer(stage, { session: { dir }, torrent });
    expect(await seed.event('checked')).toMatchObject({ piecesDone: metainfo.pieceCount });
    const target = stage.path('target');
    const downloader = new Peer(stage, {
      session: { dir: target },
      torrent,
      add: { peers: [await seed.address()] },
    });

    expect(await downloader.event('complete')).toMatchObject({ bytes: metainfo.length });
    const { torrents } = await downloader.stats();
    expect(torrents[0]).toMatchObject({
      state: 'seeding',
      done: metainfo.length,
      downloaded: metainfo.length,
    });
    expect(await downloader.close()).toBe(0);
    expect(await seed.close()).toBe(0);
    expect(await hashTree(target)).toEqual(await hashTree(dir));
  });

  it('two downloaders trade: together they take less than two copies from the seed', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': 8 * MiB });
    // The limit leaves the downloaders time for each other.
    const seed = await openSeed(stage, sample, { limits: { up: 4 * MiB } });
    const join = async (folder: string, peers: PeerAddress[]) => {
      const peer = new Peer(stage, {
        session: { dir: stage.path(folder) },
        torrent: sample.torrent,
        add: { peers },
      });
      await peer.event('checked');
      return { peer, address: await peer.address() };
    };
    const { peer: first, address } = await join('1', []);
    const { peer: second, address: other } = await join('2', [address]);
    // It begins with both when both are there, however long a process takes to start.
    const [torrent] = seed.torrents;
    for (const each of [address, other]) torrent.addPeer(each);
    await Promise.all([first.event('complete'), second.event('complete')]);

    const { length } = sample.metainfo;
    const sent = seed.stats().torrents[0].uploaded;
    expect(sent).toBeGreaterThanOrEqual(length);
    expect(sent).toBeLessThan(1.7 * length);
    const traded = [first, second].map(async peer => (await peer.stats()).torrents[0].uploaded);
    for (const bytes of await Promise.all(traded)) expect(bytes).toBeGreaterThan(0);
    for (const folder of ['1', '2'])
      expect(await hashTree(stage.path(folder))).toEqual(await hashTree(sample.dir));
  });
});

describe('storage in memory', () => {
  it('touches no disk, and passes what it has on', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, MULTI);
    const seed = await openSeed(stage, sample);
    const relay = await openSession(stage, { dir: stage.path('relay') });
    const middle = await relay.add(sample.torrent, { storage: 'memory', peers: [addressOf(seed)] });
    await middle.completed();
    await seed.close();

    const end = await openSession(stage, { dir: stage.path('end') });
    await (await end.add(sample.torrent, { peers: [addressOf(relay)] })).completed();
    expect(await hashTree(stage.path('end'))).toEqual(await hashTree(sample.dir));
    await expect(hashTree(stage.path('relay'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
