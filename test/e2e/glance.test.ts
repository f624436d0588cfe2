import { setImmediate as nextRound } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { addressOf, KiB, MiB, makeSample, openSeed, openSession, openStage } from '../lib/e2e-stage.js';
import { until } from '../lib/until.js';

const PIECE = 16 * KiB;

async function scene() {
  const stage = await openStage();
  const files = { 'album/one.bin': MiB, 'album/two.bin': MiB + 100 };
  const sample = await makeSample(stage, files, { pieceLength: PIECE });
  return { stage, sample, ...sample.metainfo };
}

/** 65 pieces in the last of which 100 bytes are: the bits of all of them, none beyond. */
const allBits = (pieces: number) =>
  Uint8Array.from(
    { length: Math.ceil(pieces / 8) },
    (_, i) => (0xff00 >> Math.min(8, pieces - 8 * i)) & 0xff,
  );

describe('what a remote control asks', () => {
  it('is answered by a torrent at rest without waking it', async () => {
    const { stage, sample, pieceCount, length } = await scene();
    const session = await openSeed(stage, sample);
    const [torrent] = session.torrents;
    await torrent.completed();
    expect(torrent.light()).toEqual({
      state: 'seeding',
      error: undefined,
      done: length,
      wanted: length,
      downRate: 0,
      upRate: 0,
      downloaded: 0,
      uploaded: 0,
      wasted: 0,
      failedPieces: 0,
      everDownloaded: 0,
      everUploaded: 0,
      peers: 0,
      checkProgress: 1,
      working: false,
    });
    expect(torrent.haveBits()).toEqual(allBits(pieceCount));
    expect(torrent.availability()).toEqual(new Uint16Array(pieceCount));
    expect([torrent.fileDone(0), torrent.fileDone(1)]).toEqual([MiB, MiB + 100]);
    expect(() => torrent.fileDone(2)).toThrow(RangeError);
    expect(session.stats().memory.tableBytes).toBe(0);
    await torrent.close();
    expect(torrent.haveBits()).toEqual(new Uint8Array(allBits(pieceCount).length));
    expect(torrent.fileDone(0)).toBe(0);
  });

  it('tells where peers came from, what they have, and what earlier sessions moved', async () => {
    const { stage, sample, pieceCount, length } = await scene();
    const stateDirs = [stage.path('seed-state'), stage.path('peer-state')];
    for (const session of [1, 2]) {
      const seed = await openSeed(stage, sample, { stateDir: stateDirs[0] });
      const other = await openSession(stage, { dir: stage.path(`target${session}`), stateDir: stateDirs[1] });
      const torrent = await other.add(sample.torrent, { peers: [addressOf(seed)], check: 'full' });
      await torrent.completed();
      await torrent.checked();
      const [sending] = seed.torrents;
      await until('all acknowledged', () => sending.light().everUploaded >= session * length);
      expect(torrent.light()).toMatchObject({ done: length, everDownloaded: session * length });
      expect(torrent.stats()).toMatchObject({ everDownloaded: session * length, downloaded: length });
      await seed.close();
      await other.close();
    }
    const held = await openSession(stage, { dir: stage.path('held'), limits: { down: 64 * KiB } });
    const seed = await openSeed(stage, sample);
    const torrent = await held.add(sample.torrent, { peers: [addressOf(seed)] });
    await until('the bitfield', () => torrent.availability().every(copies => copies === 1));
    const [sending] = seed.torrents;
    expect(torrent.availability()).toHaveLength(pieceCount);
    expect(torrent.stats().peers).toMatchObject([{ source: 'manual', incoming: false }]);
    expect(sending.stats().peers).toMatchObject([{ source: 'incoming', incoming: true }]);
    expect(sending.light()).toMatchObject({ peers: 1, working: true });
    const { done } = torrent.light();
    expect(torrent.fileDone(0) + torrent.fileDone(1)).toBe(done);
  });

  it('tells how far a check is', async () => {
    const { stage, sample } = await scene();
    const session = await openSeed(stage, sample, { workers: 0 }); // a MiB at a time
    const [torrent] = session.torrents;
    let checking = true;
    const check = torrent.recheck().finally(() => {
      checking = false;
    });
    const seen: number[] = [];
    while (checking) {
      const { state, checkProgress } = torrent.light();
      if (state === 'checking') seen.push(checkProgress);
      await nextRound();
    }
    await check;
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen[0]).toBe(0);
    expect(seen.some(share => share > 0 && share < 1)).toBe(true);
    expect(torrent.stats().checkProgress).toBe(1);
  });
});
