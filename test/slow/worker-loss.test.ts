import { describe, expect, it } from 'vitest';
import { Peer } from '../lib/e2e-peer.js';
import { addressOf, KiB, MiB, makeSample, openSeed, openStage } from '../lib/e2e-stage.js';
import { hashTree } from '../lib/sample-files.js';

describe('worker threads that end in mid-transfer', () => {
  it.each([1, 2])('with %i of them: the transfer completes, every byte right', async workers => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': 24 * MiB }, { pieceLength: 256 * KiB });
    const seed = await openSeed(stage, sample, { limits: { up: 24 * MiB } });
    const { torrent, metainfo } = sample;
    const peer = new Peer(stage, {
      session: { dir: stage.path('target'), workers },
      torrent,
      add: { peers: [addressOf(seed)] },
    });
    let pieces = 0;
    const ended: Promise<boolean>[] = [];
    peer.watch(({ event }) => {
      if (event === 'piece' && ++pieces % 16 === 0 && pieces < 80) ended.push(peer.terminateWorker());
    });
    await peer.event('complete');
    expect(await Promise.all(ended)).toEqual([true, true, true, true]);
    const { workers: pool, torrents, memory } = await peer.stats();
    // A thread that is on its way out may be ended a second time before its successor is up.
    expect(pool).toMatchObject({ threads: workers, lost: expect.toSatisfy(lost => lost >= 2 && lost <= 4) });
    expect(pool).toMatchObject({ queued: 0, running: 0 });
    expect(torrents[0]).toMatchObject({
      state: 'seeding',
      done: metainfo.length,
      failedPieces: 0,
      wasted: 0,
    });
    expect(memory.usedBytes).toBe(0);
    expect(await peer.close()).toBe(0);
    expect(await hashTree(stage.path('target'))).toEqual(await hashTree(sample.dir));
  });

  it('of a seed: it goes on seeding', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': 16 * MiB }, { pieceLength: 256 * KiB });
    const { torrent } = sample;
    const seed = new Peer(stage, {
      session: { dir: sample.dir, workers: 1, limits: { up: 16 * MiB } },
      torrent,
    });
    await seed.event('checked');
    const peer = new Peer(stage, {
      session: { dir: stage.path('target') },
      torrent,
      add: { peers: [await seed.address()] },
    });
    await peer.event('piece');
    expect(await seed.terminateWorker()).toBe(true);
    await peer.event('complete');
    expect((await seed.stats()).workers.lost).toBe(1);
    expect(await hashTree(stage.path('target'))).toEqual(await hashTree(sample.dir));
  });
});
