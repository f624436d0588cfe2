import { access, open, readFile, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { SessionOptions } from '../../dist/index.js';
import {
  addressOf,
  KiB,
  MiB,
  makeSample,
  nextEvent,
  openSeed,
  openSession,
  openStage,
} from '../lib/e2e-stage.js';
import { hashFile, hashTree } from '../lib/sample-files.js';
import { until } from '../lib/until.js';

const PIECE = 64 * KiB;
/** With pieces of 64 KiB: b begins in a's last piece, d begins in c's last piece, e begins a piece. */
const FILES = {
  'box/a.bin': 10 * PIECE + 1000,
  'box/b.bin': 20 * PIECE - 1000,
  'box/c.bin': 20 * PIECE + 5000,
  'box/d.bin': 4 * PIECE - 5000,
  'box/e.bin': 8 * PIECE,
};
const [A, B, C, D, E] = [0, 1, 2, 3, 4];

async function scene(limit = 0, options: SessionOptions = {}) {
  const stage = await openStage();
  const sample = await makeSample(stage, FILES, { pieceLength: PIECE });
  const seed = await openSeed(stage, sample, { limits: { up: limit } });
  const target = stage.path('target');
  const session = await openSession(stage, { dir: target, ...options });
  return { sample, target, session, peers: [addressOf(seed)], box: `${target}/box` };
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

describe('some files of a torrent', () => {
  it('come whole; others are made only where they share a piece', async () => {
    const { sample, session, peers, box } = await scene();
    const torrent = await session.add(sample.torrent, { peers, select: [B] });
    expect(torrent.stats().wanted).toBe(20 * PIECE);
    await torrent.completed();
    expect(torrent.stats()).toMatchObject({ done: 20 * PIECE, wanted: 20 * PIECE, piecesDone: 20 });
    expect(await hashFile(`${box}/b.bin`)).toBe(await hashFile(`${sample.dir}/box/b.bin`));
    expect(torrent.files.map(file => file.done)).toEqual([1000, FILES['box/b.bin'], 0, 0, 0]);

    // a shares b's first piece; b ends on a border, so nothing of c is fetched.
    const endOfA = async (dir: string) => (await readFile(`${dir}/a.bin`)).subarray(10 * PIECE);
    expect(await endOfA(box)).toEqual(await endOfA(`${sample.dir}/box`));
    for (const name of ['c.bin', 'd.bin', 'e.bin']) expect(await exists(`${box}/${name}`)).toBe(false);
  });

  it('are chosen for a torrent that proves complete without waking it, and count when a piece is lost', async () => {
    const { sample, session } = await scene();
    const options = { dir: sample.dir, select: [A, B, E], priorities: { low: [A], high: [B] } };
    const torrent = await session.add(sample.torrent, { ...options, check: 'seed' });
    await torrent.completed();
    const chosen = ['low', 'high', 'skip', 'skip', 'normal'];
    expect(torrent.filePriorities()).toEqual(chosen);
    expect(torrent.light()).toMatchObject({ state: 'seeding', wanted: 38 * PIECE, working: false });
    await torrent.files[E].read(new Uint8Array(1)); // it wakes, and rests again
    await until('the rest', () => !torrent.light().working);

    const film = await open(`${sample.dir}/box/c.bin`, 'r+');
    await film.write('damage', 5 * PIECE);
    await film.close();
    await torrent.recheck();
    expect(torrent.stats()).toMatchObject({ state: 'seeding', piecesDone: 61 }); // nobody wants it
    await torrent.close();

    const fetching = await session.add(sample.torrent, { ...options, dir: `${sample.dir}/other` });
    await fetching.checked();
    expect(fetching.files.map(({ priority }) => priority)).toEqual(chosen);
    for (const priorities of [{ low: [9] }, { middle: [1] }, [1], null])
      await expect(session.add(sample.torrent, { priorities } as never)).rejects.toThrow();
  });

  it('more of them later: the torrent completes again', async () => {
    const { sample, session, peers, target } = await scene();
    const torrent = await session.add(sample.torrent, { peers, select: [E] });
    await torrent.completed();
    expect(torrent.state).toBe('seeding');
    for (const index of [A, B, C, D]) torrent.files[index].priority = 'normal';
    expect(torrent.state).toBe('downloading');
    await torrent.completed();
    expect(torrent.stats()).toMatchObject({ state: 'seeding', done: sample.metainfo.length });
    expect(await hashTree(target)).toEqual(await hashTree(sample.dir));
  });

  it('a file that is skipped in the middle is not waited for', async () => {
    const { sample, session, peers, box } = await scene(PIECE * 20);
    const torrent = await session.add(sample.torrent, { peers, sequential: true });
    await nextEvent(torrent, 'piece');
    torrent.files[E].priority = 'skip';
    torrent.files[C].priority = 'skip';
    await torrent.completed();
    const { wanted, done } = torrent.stats();
    expect(wanted).toBe(34 * PIECE);
    expect(done).toBeLessThan(sample.metainfo.length);
    expect(torrent.files[E].done).toBe(0);
    for (const name of ['a.bin', 'b.bin', 'd.bin'])
      expect(await hashFile(`${box}/${name}`)).toBe(await hashFile(`${sample.dir}/box/${name}`));
  });

  it('none: complete as soon as the check is over', async () => {
    const { sample, session, peers } = await scene();
    const torrent = await session.add(sample.torrent, { peers, select: [] });
    const order: string[] = [];
    for (const type of ['checked', 'complete'] as const) torrent.on(type, () => order.push(type));
    await torrent.completed();
    expect(order).toEqual(['checked', 'complete']);
    expect(torrent.stats()).toMatchObject({ state: 'seeding', wanted: 0, done: 0 });
  });

  it('a wish that is taken back in the same breath completes nothing', async () => {
    const { sample, session, peers, target } = await scene(PIECE * 40);
    const torrent = await session.add(sample.torrent, { peers });
    let completions = 0;
    torrent.on('complete', () => completions++);
    await nextEvent(torrent, 'piece');
    for (const priority of ['skip', 'normal'] as const)
      for (const file of torrent.files) file.priority = priority;
    await torrent.completed();
    expect(completions).toBe(1);
    expect(await hashTree(target)).toEqual(await hashTree(sample.dir));
  });

  it('a wish that comes with the last piece completes nothing yet', async () => {
    const { sample, session, peers } = await scene();
    const torrent = await session.add(sample.torrent, { peers, select: [E] });
    let pieces = 0;
    torrent.on('piece', () => {
      if (++pieces === 8) torrent.files[B].priority = 'normal';
    });
    const completions: number[] = [];
    torrent.on('complete', ({ bytes }) => completions.push(bytes));
    await torrent.completed();
    expect(completions).toEqual([28 * PIECE]);
  });

  it('a high priority comes before a normal one, and that before a low one', async () => {
    const { sample, session, peers } = await scene(PIECE * 40);
    const torrent = await session.add(sample.torrent, { peers, paused: true });
    torrent.files[C].priority = 'high';
    torrent.files[A].priority = 'low';
    const order: number[] = [];
    torrent.on('piece', ({ piece }) => order.push(piece));
    await torrent.checked();
    torrent.resume();
    await torrent.completed();

    const places = (from: number, to: number) =>
      order.flatMap((piece, place) => (piece >= from && piece < to ? [place] : []));
    const mean = (list: number[]) => list.reduce((sum, place) => sum + place, 0) / list.length;
    // Pieces 0-9 are only of a, 11-29 only of b, 31-49 only of c. The first four of all are chosen at random.
    expect(mean(places(31, 50))).toBeLessThan(mean(places(11, 30)));
    expect(mean(places(11, 30))).toBeLessThan(mean(places(0, 10)));
    expect(Math.max(...places(31, 50))).toBeLessThan(30);
    expect(Math.min(...places(0, 10))).toBeGreaterThan(40);
  });

  it('sequential: in order', async () => {
    // Two workers finish when the system lets them, and so does the opening of a file: 16 ms a piece.
    const { sample, session, peers } = await scene(4 * MiB, { workers: 1 });
    const torrent = await session.add(sample.torrent, { peers, sequential: true });
    const order: number[] = [];
    torrent.on('piece', ({ piece }) => order.push(piece));
    await torrent.completed();
    expect(order).toHaveLength(sample.metainfo.pieceCount);
    // Pieces are received side by side and hashed in batches, so neighbours may change places.
    order.forEach((piece, place) => {
      expect(Math.abs(piece - place)).toBeLessThan(20);
    });
  });

  it('full preallocation makes every file as long as it will be', async () => {
    const { sample, session, box } = await scene();
    const torrent = await session.add(sample.torrent, { preallocate: 'full', paused: true });
    await torrent.checked();
    for (const [path, length] of Object.entries(FILES))
      expect((await stat(`${box}/${path.slice(4)}`)).size).toBe(length);
  });
});
