import { existsSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { copyFile, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Session, Torrent } from '../../dist/index.js';
import { addressOf, KiB, MiB, makeSample, openSeed, openSession, openStage } from '../lib/e2e-stage.js';
import { until } from '../lib/until.js';

const PIECE = 64 * KiB;
const LIBRARY = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href);
const PROTOCOL = JSON.stringify(new URL('../../dist/protocol.js', import.meta.url).href);

async function scene() {
  const stage = await openStage();
  const sample = await makeSample(stage, { 'film.bin': 2 * MiB }, { pieceLength: PIECE });
  const { length } = sample.metainfo;
  /** Fetches all of it from a session, and is gone. */
  const fetchFrom = async (seed: Session, name: string) => {
    const session = await openSession(stage, { dir: stage.path(name) });
    const torrent = await session.add(sample.torrent, { peers: [addressOf(seed)] });
    await torrent.completed();
    await session.close();
  };
  return { stage, sample, length, fetchFrom };
}

/** Tables are given back when all torrents of the session rest. */
const rests = (session: Session) =>
  until('the rest', () => session.stats().memory.tableBytes === 0 && session.stats().connections === 0);

async function flipByte(path: string, at: number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  byte[0] ^= 1;
  await file.write(byte, 0, 1, at);
  await file.close();
}

const seeding = (torrent: Torrent) => ({ state: torrent.state, piecesDone: torrent.stats().piecesDone });

describe('five hundred idle torrents', () => {
  it('cost a few kilobytes each, no tables and no timers', { timeout: 60_000 }, async () => {
    const stage = await openStage();
    const program = stage.run(process.execPath, [
      '--expose-gc',
      '--input-type=module',
      '-e',
      `import { randomFillSync } from 'node:crypto';
       import { mkdirSync, writeFileSync } from 'node:fs';
       import { createSession } from ${LIBRARY};
       import { createMetainfo } from ${PROTOCOL};
       const COUNT = 501;
       const dir = ${JSON.stringify(stage.path('idle'))};
       mkdirSync(dir);
       for (let i = 0; i < COUNT; i++) {
         const pieces = randomFillSync(new Uint8Array(20 * 1000));
         const files = [{ path: [i + '.bin'], length: 1000 * 16384 }];
         const torrent = createMetainfo({ name: i + '.bin', files, singleFile: true, pieceLength: 16384, pieces });
         writeFileSync(dir + '/' + i + '.torrent', torrent);
       }
       const used = async () => {
         let least = Infinity;
         for (let i = 0; i < 5; i++) {
           gc(); // buffers are freed in the background
           await new Promise(setImmediate);
           const { heapUsed, arrayBuffers } = process.memoryUsage();
           least = Math.min(least, heapUsed + arrayBuffers);
         }
         return least;
       };
       const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length;
       const session = await createSession({ listen: false, dir });
       const add = async i => {
         const torrent = await session.add(dir + '/' + i + '.torrent', { check: 'seed' });
         await torrent.completed();
       };
       await add(0); // what is made once
       const before = { bytes: await used(), timers: timers() };
       await Promise.all(Array.from({ length: COUNT - 1 }, (_, i) => add(i + 1)));
       await new Promise(setImmediate);
       const { torrents, memory } = session.stats();
       console.log(JSON.stringify({
         event: 'added',
         each: (await used() - before.bytes) / (COUNT - 1),
         timers: timers() - before.timers,
         seeding: torrents.filter(({ state, piecesDone }) => state === 'seeding' && piecesDone === 1000).length,
         tableBytes: memory.tableBytes,
       }));
       await session.close();`,
    ]);
    const { each, ...rest } = await program.event('added');
    // 3.4 kB on Node 20.20; the piece hashes alone would be 20 kB.
    expect(each).toBeLessThan(7000);
    expect(rest).toMatchObject({ timers: 0, seeding: 501, tableBytes: 0 });
    await program.exits(0, 5_000);
  });
});

describe('rest', () => {
  it('ends when a peer comes, and what was counted before is kept', async () => {
    const { stage, sample, length, fetchFrom } = await scene();
    const seed = await openSeed(stage, sample);
    const [torrent] = seed.torrents;
    const order: string[] = [];
    for (const type of ['complete', 'peer', 'peer-closed'] as const) torrent.on(type, () => order.push(type));
    for (const round of [1, 2]) {
      await fetchFrom(seed, `target${round}`);
      await rests(seed);
      expect(torrent.stats()).toMatchObject({
        state: 'seeding',
        uploaded: round * length,
        done: length,
        copies: 1,
      });
    }
    expect(order.filter(type => type === 'peer')).toHaveLength(2);
    expect(order.filter(type => type === 'complete').length).toBeLessThanOrEqual(1);
  });

  it('comes to a download that has ended, too; what is lost later is fetched again', async () => {
    const { stage, sample, length } = await scene();
    const seed = await openSeed(stage, sample);
    const session = await openSession(stage, { dir: stage.path('target') });
    const torrent = await session.add(sample.torrent, { peers: [addressOf(seed)] });
    await torrent.completed();
    await rests(session);
    expect(torrent.stats()).toMatchObject({ state: 'seeding', downloaded: length });
    await flipByte(stage.path('target', 'film.bin'), 5 * PIECE);
    await torrent.recheck();
    expect(torrent.stats()).toMatchObject({ state: 'downloading', piecesDone: 31 });
    torrent.addPeer(addressOf(seed));
    await torrent.completed();
    expect(torrent.stats()).toMatchObject({ state: 'seeding', piecesDone: 32, downloaded: length + PIECE });
  });

  it.each([
    [
      'files',
      (torrent: Torrent) => {
        torrent.files[0].priority = 'high';
        torrent.files[0].priority = 'normal';
      },
    ],
    ['pieces', (torrent: Torrent) => torrent.select(3, 5, 'low')],
  ])('does not come once %s were chosen among', async (_, choose) => {
    const { stage, sample } = await scene();
    const seed = await openSeed(stage, sample);
    const other = await openSeed(stage, sample);
    choose(seed.torrents[0]);
    await other.torrents[0].files[0].read(new Uint8Array(10)); // this one wakes, and rests again
    await rests(other);
    expect(seed.stats().memory.tableBytes).toBeGreaterThan(0);
  });

  it('files can be read from it; after its end they cannot', async () => {
    const { stage, sample } = await scene();
    const seed = await openSeed(stage, sample);
    const [torrent] = seed.torrents;
    const [file] = torrent.files;
    const into = new Uint8Array(3 * PIECE);
    expect(file.done).toBe(2 * MiB);
    expect(await file.read(into, { offset: 100 })).toBe(into.length);
    const whole = await readFile(`${sample.dir}/film.bin`);
    expect(Buffer.compare(into, whole.subarray(100, 100 + into.length))).toBe(0);
    await rests(seed);
    await torrent.close();
    expect(file.done).toBe(0);
    await expect(file.read(into)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('writes no state that is there, and holds no journal open', async () => {
    const { stage, sample, length, fetchFrom } = await scene();
    const stateDir = stage.path('state');
    const resume = `${stateDir}/${sample.metainfo.infoHash}.resume`;
    const hints = `${sample.metainfo.infoHash}.hints`;
    const journalIsClosed = () => until('the rest', () => !openFiles().includes(hints));
    const first = await openSeed(stage, sample, { stateDir });
    await first.torrents[0].completed();
    await until('the state', () => existsSync(resume));
    await journalIsClosed();
    await first.close();
    const { ino, mtimeMs } = statSync(resume);

    for (const wake of [false, true]) {
      const second = await openSession(stage, { dir: sample.dir, stateDir });
      const torrent = await second.add(sample.torrent);
      await torrent.completed();
      if (wake) await torrent.files[0].read(new Uint8Array(10));
      await rests(second);
      await second.close();
      expect(statSync(resume)).toMatchObject({ ino, mtimeMs });
    }

    const sending = await openSession(stage, { dir: sample.dir, stateDir });
    await (await sending.add(sample.torrent)).completed();
    await fetchFrom(sending, 'target');
    await rests(sending);
    await journalIsClosed();
    expect(statSync(resume).mtimeMs).toBeGreaterThan(mtimeMs);
    await sending.close();
    const third = await openSession(stage, { dir: sample.dir, stateDir });
    const again = await third.add(sample.torrent);
    await again.completed();
    expect(again.stats()).toMatchObject({ state: 'seeding', done: length });
  });
});

it('state that is saved before anything was looked at claims nothing', async () => {
  const { stage, sample, length } = await scene();
  const [dir, stateDir] = [stage.path('zeros'), stage.path('state')];
  await mkdir(dir);
  await writeFile(`${dir}/film.bin`, new Uint8Array(length));
  const first = await openSession(stage, { dir, stateDir });
  const early = await first.add(sample.torrent);
  await early.saveResume();
  await first.close();
  const second = await openSession(stage, { dir, stateDir });
  const torrent = await second.add(sample.torrent);
  await torrent.checked();
  expect(torrent.stats()).toMatchObject({ state: 'downloading', piecesDone: 0 });
});

describe('piece hashes that are not in memory', () => {
  it('are read again, as often as somebody asks', async () => {
    const { stage, sample } = await scene();
    const session = await openSeed(stage, sample);
    const { torrents } = session;
    const { metainfo } = torrents[0];
    expect(Buffer.compare(metainfo.pieces, sample.metainfo.pieces)).toBe(0);
    expect(Buffer.compare(metainfo.infoBytes, sample.metainfo.infoBytes)).toBe(0);
    const told: string[] = [];
    torrents[0].on('complete', ({ type }) => told.push(type));
    await torrents[0].completed();
    await torrents[0].recheck();
    expect(seeding(torrents[0])).toEqual({ state: 'seeding', piecesDone: 32 });
    await rests(session);
    expect(told.length).toBeLessThanOrEqual(1); // it was complete already
  });

  it('are lost with the .torrent: a recheck says so and the torrent goes on', async () => {
    const { stage, sample, length, fetchFrom } = await scene();
    const own = stage.path('own.torrent');
    await copyFile(sample.torrent, own);
    const seed = await openSession(stage, { dir: sample.dir });
    const torrent = await seed.add(own, { check: 'seed' });
    await torrent.completed();
    const lost = { code: 'ERR_METAINFO_LOST', facts: { infoHash: sample.metainfo.infoHash } };

    const moved = stage.path('moved.torrent');
    await rename(own, moved);
    await expect(torrent.recheck()).rejects.toMatchObject(lost);
    expect(seeding(torrent)).toEqual({ state: 'seeding', piecesDone: 32 });
    expect(() => torrent.metainfo.pieces).toThrow(expect.objectContaining(lost));

    const other = await makeSample(stage, { 'other.bin': MiB }, { name: 'other', seed: 2 });
    await copyFile(other.torrent, own); // not the same torrent
    await expect(torrent.recheck()).rejects.toMatchObject(lost);
    expect(() => torrent.metainfo.infoBytes).toThrow(expect.objectContaining(lost));
    await writeFile(own, 'd4:spam');
    await expect(torrent.recheck()).rejects.toMatchObject(lost);
    expect(seeding(torrent)).toEqual({ state: 'seeding', piecesDone: 32 });
    await fetchFrom(seed, 'target');
    expect(torrent.stats()).toMatchObject({ uploaded: length });

    await rename(moved, own);
    await torrent.recheck();
    expect(seeding(torrent)).toEqual({ state: 'seeding', piecesDone: 32 });
  });

  it('stay where there is nothing to read them from: bytes and metainfo', async () => {
    const { stage, sample } = await scene();
    const bytes = await readFile(sample.torrent);
    await rm(sample.torrent);
    for (const source of [bytes, sample.metainfo]) {
      const session = await openSession(stage, { dir: sample.dir });
      const torrent = await session.add(source, { check: 'seed' });
      await torrent.completed();
      await torrent.recheck();
      expect(seeding(torrent)).toEqual({ state: 'seeding', piecesDone: 32 });
      expect(Buffer.compare(torrent.metainfo.pieces, sample.metainfo.pieces)).toBe(0);
      await session.close();
    }
  });
});

/** Names of the files that this process has open, as far as the system tells. */
function openFiles(): string {
  if (process.platform !== 'linux') return '';
  return readdirSync('/proc/self/fd')
    .map(fd => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return '';
      }
    })
    .join('\n');
}
