import { existsSync, statSync } from 'node:fs';
import {
  cp,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { mountSmallDisk } from '../lib/e2e-mount.js';
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
import { hashTree } from '../lib/sample-files.js';
import type { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';

const FILES = { 'album/cd1/a.bin': 3 * MiB, 'album/cd1/b.bin': 100 * KiB, 'album/c.bin': 2 * MiB };
const LENGTH = 5 * MiB + 100 * KiB;

async function scene() {
  const stage = await openStage();
  const sample = await makeSample(stage, FILES);
  return { stage, sample, hashes: await hashTree(sample.dir) };
}

/** A folder on another file system than the stage's; undefined where there is none. */
async function openElsewhere(stage: Stage): Promise<string | undefined> {
  if (!existsSync('/dev/shm') || statSync('/dev/shm').dev === statSync(stage.dir).dev) return undefined;
  const dir = await mkdtemp('/dev/shm/millrace-test-');
  stage.defer(() => rm(dir, { recursive: true }));
  return dir;
}

const gone = (path: string) => expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });

/** All of it comes from the torrent's session. */
async function fetchAll(stage: Stage, torrent: string, peer: Parameters<typeof addressOf>[0], name: string) {
  const session = await openSession(stage, { dir: stage.path(name) });
  const fetching = await session.add(torrent, { peers: [addressOf(peer)] });
  await fetching.completed();
  await session.close();
  return hashTree(stage.path(name));
}

describe('a move on one file system', () => {
  it('a seed goes on, and is trusted there after a restart', async () => {
    const { stage, sample, hashes } = await scene();
    const stateDir = stage.path('state');
    const session = await openSession(stage, { dir: sample.dir, stateDir });
    const torrent = await session.add(sample.torrent);
    await torrent.completed();
    const dir = stage.path('new', 'place');
    const told: number[][] = [];
    await torrent.setDir(dir, { move: true, onProgress: (...numbers) => told.push(numbers) });
    expect(told).toEqual([[LENGTH, LENGTH]]);
    expect(torrent.dir).toBe(dir);
    expect(await hashTree(dir)).toEqual(hashes);
    await gone(`${sample.dir}/album`);
    expect(await fetchAll(stage, sample.torrent, session, 'target')).toEqual(hashes);
    await until('the rest', () => !torrent.light().working);
    await torrent.rename('album', 'best');
    await torrent.setDir(sample.dir, { move: true });
    const { renames } = torrent;
    await session.close();

    const again = await openSession(stage, { dir: sample.dir, stateDir });
    const resumed = await again.add(sample.torrent, { renames });
    await resumed.completed();
    expect(resumed.light()).toMatchObject({ state: 'seeding', working: false }); // nothing was hashed
    expect(Object.keys(await hashTree(sample.dir))).toContain('best/c.bin');
  });

  it('a name that is taken keeps it where it is', async () => {
    const { stage, sample, hashes } = await scene();
    const session = await openSeed(stage, sample);
    const [torrent] = session.torrents;
    const dir = stage.path('new');
    await mkdir(`${dir}/album`, { recursive: true });
    await writeFile(`${dir}/album/c.bin`, 'somebody’s');
    await expect(torrent.setDir(dir, { move: true })).rejects.toMatchObject({ code: 'ERR_STORAGE_PATH' });
    expect(torrent.dir).toBe(sample.dir);
    expect(await readFile(`${dir}/album/c.bin`, 'utf8')).toBe('somebody’s');
    expect(await fetchAll(stage, sample.torrent, session, 'target')).toEqual(hashes);
  });
});

describe('a move to another file system', () => {
  it('a seed serves while it is copied, and its peers stay', async ({ skip }) => {
    const { stage, sample, hashes } = await scene();
    const elsewhere = await openElsewhere(stage);
    if (elsewhere === undefined) return skip('one file system');
    const seed = await openSeed(stage, sample);
    const [torrent] = seed.torrents;
    const other = await openSession(stage, { dir: stage.path('target') });
    const fetching = await other.add(sample.torrent, {
      peers: [addressOf(seed)],
      limits: { down: 256 * KiB },
    });
    await nextEvent(fetching, 'piece');
    const lost: string[] = [];
    torrent.on('peer-closed', ({ code }) => lost.push(code));
    await torrent.files[0].read(new Uint8Array(1)); // the file is open
    let readAt = LENGTH;
    const read = async () => {
      await torrent.files[0].read(new Uint8Array(1));
      readAt = told.at(-1)!;
    };
    const told: number[] = [];
    const states = new Set<string>();
    const onProgress = (done: number) => {
      if (told.length === 0) void read();
      told.push(done);
      states.add(`${torrent.state} ${torrent.light().peers}`);
    };
    await torrent.setDir(elsewhere, { move: true, onProgress });
    expect([...states]).toEqual(['seeding 1']);
    expect(readAt).toBeLessThan(LENGTH);
    expect(told[0]).toBe(0);
    expect(told.at(-1)).toBe(LENGTH);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    await gone(`${sample.dir}/album`);
    expect(await hashTree(elsewhere)).toEqual(hashes);
    await gone(`${elsewhere}/.${torrent.infoHash}.moving`);
    expect(lost).toEqual([]);
    fetching.setLimits({});
    await fetching.completed();
    expect(await hashTree(stage.path('target'))).toEqual(hashes);
  });

  it('a download holds still, and goes on there', async ({ skip }) => {
    const { stage, sample, hashes } = await scene();
    const elsewhere = await openElsewhere(stage);
    if (elsewhere === undefined) return skip('one file system');
    const seed = await openSeed(stage, sample);
    const session = await openSession(stage, { dir: stage.path('target'), stateDir: stage.path('state') });
    const add = { peers: [addressOf(seed)], limits: { down: 512 * KiB } };
    const torrent = await session.add(sample.torrent, add);
    await nextEvent(torrent, 'piece');
    const peers = new Set<number>();
    await torrent.setDir(elsewhere, { move: true, onProgress: () => peers.add(torrent.light().peers) });
    expect([...peers]).toEqual([0]);
    expect(torrent.light().done).toBeGreaterThan(0);
    expect(torrent.light().done).toBeLessThan(LENGTH);
    torrent.setLimits({});
    torrent.addPeer(addressOf(seed));
    await torrent.completed();
    expect(await hashTree(elsewhere)).toEqual(hashes);
    expect(await hashTree(stage.path('target'))).toEqual({});
    const { failedPieces, downloaded } = torrent.stats();
    expect(failedPieces).toBe(0);
    expect(downloaded - LENGTH).toBeLessThan(128 * KiB); // the request that was under way came twice, if any
  });

  it('one that has no room is refused before anything is written', async ({ skip }) => {
    const { stage, sample, hashes } = await scene();
    const disk = await mountSmallDisk(stage, 'disk', 3 * MiB);
    if (disk === undefined) return skip('cannot mount');
    const seed = await openSeed(stage, sample);
    const [torrent] = seed.torrents;
    const full = { code: 'ERR_STORAGE_FULL', facts: { neededBytes: expect.any(Number) } };
    await expect(torrent.setDir(disk.dir, { move: true })).rejects.toMatchObject(full);
    expect(await readdir(disk.dir)).toEqual([]);
    expect(await hashTree(sample.dir)).toEqual(hashes);
    disk.resize(16 * MiB);
    await torrent.setDir(disk.dir, { move: true });
    expect(await hashTree(disk.dir)).toEqual(hashes);
    await seed.close(); // before the disk goes
  });

  it('one that is aborted, or closed, leaves the torrent where it is; the next goes on', async ({ skip }) => {
    const { stage, sample, hashes } = await scene();
    const elsewhere = await openElsewhere(stage);
    if (elsewhere === undefined) return skip('one file system');
    const seed = await openSeed(stage, sample);
    const [torrent] = seed.torrents;
    const abort = new AbortController();
    const onProgress = (done: number) => {
      if (done >= 4 * MiB) abort.abort();
    };
    const cut = torrent.setDir(elsewhere, { move: true, signal: abort.signal, onProgress });
    await expect(cut).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(torrent.dir).toBe(sample.dir);
    expect(await hashTree(sample.dir)).toEqual(hashes);
    expect(await fetchAll(stage, sample.torrent, seed, 'target')).toEqual(hashes);

    const closing = torrent.setDir(elsewhere, { move: true, onProgress: () => void torrent.close() });
    await expect(closing).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await torrent.close();
    expect(await hashTree(sample.dir)).toEqual(hashes);
    await expect(torrent.setDir(elsewhere, { move: true })).rejects.toMatchObject({ code: 'ERR_CLOSED' });

    const again = await seed.add(sample.torrent, { check: 'seed' });
    await again.completed();
    await again.setDir(elsewhere, { move: true });
    expect(await hashTree(elsewhere)).toEqual(hashes);
    await gone(`${sample.dir}/album`);
  });
});

describe('a folder that somebody else has filled', () => {
  it('is trusted as far as its files are as they were, and the rest is looked at', async () => {
    const { stage, sample } = await scene();
    const at = 1_700_000_000; // whole seconds can be set again
    for (const path of Object.keys(FILES)) await utimes(`${sample.dir}/${path}`, at, at);
    const session = await openSession(stage, { dir: sample.dir, stateDir: stage.path('state') });
    const torrent = await session.add(sample.torrent);
    await torrent.completed();
    await until('the rest', () => !torrent.light().working);
    /** Writes over a piece of a file, with or without a trace. */
    const spoil = async (path: string, hide: boolean) => {
      const file = await open(path, 'r+');
      await file.write(Buffer.alloc(100), 0, 100, MiB + 10);
      await file.close();
      if (hide) await utimes(path, at, at);
    };
    const named = (name: string) => torrent.files.find(({ path }) => path.endsWith(name))!.index;
    const done = () => ['a.bin', 'b.bin', 'c.bin'].map(name => torrent.fileDone(named(name)));

    await rename(`${sample.dir}/album`, stage.path('album'));
    await spoil(stage.path('album/cd1/a.bin'), true);
    await torrent.setDir(stage.dir, { move: false });
    expect(torrent.stats()).toMatchObject({ state: 'seeding', done: LENGTH }); // nothing was hashed
    expect(torrent.dir).toBe(stage.dir);

    await spoil(stage.path('album/c.bin'), false);
    await torrent.setDir(stage.path('.'), { move: false }); // that is where it is
    expect(torrent.state).toBe('seeding');
    await cp(stage.path('album'), stage.path('copy/album'), { recursive: true, preserveTimestamps: true });
    await torrent.setDir(stage.path('copy'), { move: false });
    expect(torrent.state).toBe('downloading');
    expect(done()).toEqual([3 * MiB, 100 * KiB, 2 * MiB - 64 * KiB]);

    await torrent.setDir(stage.path('nothing'), { move: false });
    expect(torrent.light()).toMatchObject({ state: 'downloading', done: 0 });
    await torrent.setDir(stage.dir, { move: false });
    expect(done()).toEqual([3 * MiB - 64 * KiB, 100 * KiB, 2 * MiB - 64 * KiB]);
  });
});

describe('the end of a torrent', () => {
  it('takes its files and its state with it when it is told to, and nothing else', async () => {
    const { stage, sample } = await scene();
    const stateDir = stage.path('state');
    const session = await openSession(stage, { dir: sample.dir, stateDir });
    const torrent = await session.add(sample.torrent);
    await torrent.completed();
    const { infoHash } = torrent;
    await writeFile(`${sample.dir}/album/cd1/mine.txt`, 'precious');
    await torrent.rename('album/c.bin', 'd.bin');
    await torrent.saveResume();
    await expect(session.forget(infoHash)).rejects.toMatchObject({ code: 'ERR_DUPLICATE_TORRENT' });
    await torrent.removeData();
    expect(torrent.state).toBe('closed');
    expect(Object.keys(await hashTree(sample.dir))).toEqual(['album/cd1/mine.txt']);
    expect(existsSync(`${stateDir}/${infoHash}.resume`)).toBe(true);
    await session.forget(infoHash);
    expect(await hashTree(stateDir)).toEqual({});
    await session.forget(infoHash);
    await expect(session.forget('../../etc/passwd')).rejects.toThrow(RangeError);
  });
});
