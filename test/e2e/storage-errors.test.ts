import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AddOptions, LogSink } from '../../dist/index.js';
import { makeReadOnly, mountSmallDisk } from '../lib/e2e-mount.js';
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

/** A torrent that is to fail, and another one of the same session that must not be harmed. */
async function scene(files: Record<string, number> = { 'film.bin': 8 * MiB }) {
  const stage = await openStage();
  const sample = await makeSample(stage, files, { name: 'bad', seed: 1 });
  const other = await makeSample(stage, { 'song.bin': 2 * MiB }, { name: 'good', seed: 2 });
  const peers = [addressOf(await openSeed(stage, sample)), addressOf(await openSeed(stage, other))];
  const options = { dir: stage.path('target'), stateDir: stage.path('state') };
  const session = await openSession(stage, options);
  /** Adds both; resolves with the first when it has failed and the other has completed. */
  const failWith = async (code: string, add: AddOptions) => {
    const torrent = await session.add(sample.torrent, { peers: [peers[0]], ...add });
    const told = nextEvent(torrent, 'error');
    const fine = await session.add(other.torrent, { peers: [peers[1]] });
    await expect(torrent.completed()).rejects.toMatchObject({ code });
    expect((await told).error).toMatchObject({ code });
    expect(torrent.stats()).toMatchObject({ state: 'error', error: { code } });
    await expect(torrent.completed()).rejects.toMatchObject({ code });
    await fine.completed();
    expect(await hashTree(`${options.dir}/song.bin`)).toEqual(await hashTree(`${other.dir}/song.bin`));
    return torrent;
  };
  return { stage, sample, peers, options, session, failWith };
}

describe('a disk that is full', () => {
  const DISK = 3 * MiB;

  it('stops the torrent, and what was verified is there after a restart', async ({ skip }) => {
    const { stage, sample, peers, options, session, failWith } = await scene();
    const disk = await mountSmallDisk(stage, 'disk', DISK);
    if (disk === undefined) return skip('cannot mount');
    const torrent = await failWith('ERR_STORAGE_FULL', { dir: disk.dir });
    const { piecesDone } = torrent.stats();
    expect(piecesDone).toBeGreaterThan(24);
    expect(piecesDone * 64 * KiB).toBeLessThanOrEqual(DISK);
    expect(session.stats().connections).toBe(0);
    await session.close();

    disk.resize(16 * MiB);
    const again = await openSession(stage, options);
    const rest = await again.add(sample.torrent, { dir: disk.dir, peers: [peers[0]] });
    await rest.checked();
    expect(rest.stats().piecesDone).toBe(piecesDone);
    await rest.completed();
    expect(rest.stats().downloaded).toBe(sample.metainfo.length - piecesDone * 64 * KiB);
    expect(await hashTree(disk.dir)).toEqual(await hashTree(sample.dir));
  });

  it('with room again, resume() goes on', async ({ skip }) => {
    const { stage, sample, failWith } = await scene();
    const disk = await mountSmallDisk(stage, 'disk', DISK);
    if (disk === undefined) return skip('cannot mount');
    const torrent = await failWith('ERR_STORAGE_FULL', { dir: disk.dir });
    disk.resize(16 * MiB);
    torrent.resume();
    expect(torrent.stats()).toMatchObject({ state: 'downloading', error: undefined });
    await torrent.completed();
    expect(await hashTree(disk.dir)).toEqual(await hashTree(sample.dir));
  });

  it('is found out before a full preallocation begins; with room, resume() begins anew', async ({ skip }) => {
    const { stage, sample, failWith } = await scene();
    const disk = await mountSmallDisk(stage, 'disk', DISK);
    if (disk === undefined) return skip('cannot mount');
    const torrent = await failWith('ERR_STORAGE_FULL', { dir: disk.dir, preallocate: 'full' });
    await expect(torrent.checked()).rejects.toMatchObject({ code: 'ERR_STORAGE_FULL' });
    disk.resize(16 * MiB);
    torrent.resume();
    expect(torrent.state).toBe('checking');
    await torrent.completed();
    expect(await hashTree(disk.dir)).toEqual(await hashTree(sample.dir));
  });

  it('a limit on the size of files does the same', async () => {
    const { stage, sample, peers } = await scene();
    const library = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href);
    const add = JSON.stringify({ peers: [peers[0]] });
    const script = `
      import { createSession } from ${library};
      const session = await createSession({ dir: ${JSON.stringify(stage.path('limited'))}, listen: false });
      const torrent = await session.add(${JSON.stringify(sample.torrent)}, ${add});
      const code = await torrent.completed().catch(error => error.code);
      const { state, piecesDone } = torrent.stats();
      console.log(JSON.stringify({ event: 'end', code, state, piecesDone }));
      await session.close();`;
    // Blocks of 512 bytes in a POSIX shell: 2 MiB.
    const program = stage.run('sh', [
      '-c',
      'ulimit -f 4096 && exec "$0" --input-type=module -e "$1"',
      process.execPath,
      script,
    ]);
    const end = await program.event('end');
    expect(end).toMatchObject({ code: 'ERR_STORAGE_IO', state: 'error' });
    expect(end.piecesDone).toBeLessThanOrEqual(64);
    await program.exits(0);
  });
});

describe('a download folder', () => {
  it('that may not be written to', async ({ skip }) => {
    const { stage, failWith } = await scene();
    const dir = await makeReadOnly(stage, 'locked');
    if (dir === undefined) return skip('cannot make a read-only folder');
    await failWith('ERR_STORAGE_ACCESS', { dir });
    expect(await readdir(dir)).toEqual([]);
  });

  it('with a folder where the file belongs', async () => {
    const { stage, failWith } = await scene();
    const dir = stage.path('odd');
    await mkdir(`${dir}/film.bin/inner`, { recursive: true });
    await failWith('ERR_STORAGE_PATH', { dir });
    expect(await readdir(`${dir}/film.bin`)).toEqual(['inner']);
  });

  it('with a file where a folder belongs', async () => {
    const { stage, failWith } = await scene({ 'box/cd/a.bin': MiB });
    const dir = stage.path('odd');
    await mkdir(`${dir}/box`, { recursive: true });
    await writeFile(`${dir}/box/cd`, 'mine');
    await failWith('ERR_STORAGE_PATH', { dir });
    expect(await readFile(`${dir}/box/cd`, 'utf8')).toBe('mine');
  });

  it.each([
    ['a link in place of the file', 'box/cd/a.bin', 'secret.txt'],
    ['a dangling link in place of the file', 'box/cd/a.bin', 'nothing-yet'],
    ['a link in place of a folder', 'box/cd', 'elsewhere'],
    ['a link in place of the torrent’s own folder', 'box', 'elsewhere'],
  ])('with %s: nothing behind it is touched', async (_, place, target) => {
    const { stage, failWith } = await scene({ 'box/b.bin': 100 * KiB, 'box/cd/a.bin': MiB });
    const outside = stage.path('outside');
    await mkdir(`${outside}/elsewhere/cd`, { recursive: true });
    await writeFile(`${outside}/secret.txt`, 'secret');
    const before = await hashTree(outside);
    const dir = stage.path('trap');
    await mkdir(dirname(`${dir}/${place}`), { recursive: true });
    await symlink(`${outside}/${target}`, `${dir}/${place}`);
    await failWith('ERR_STORAGE_PATH', { dir });
    expect(await hashTree(outside)).toEqual(before);
    expect((await readdir(outside)).sort()).toEqual(['elsewhere', 'secret.txt']);
  });

  it('that is swapped for a link while the torrent runs: nothing behind it is touched', async () => {
    const { stage, failWith, session } = await scene({ 'box/one/a.bin': 64 * KiB, 'box/two/b.bin': 4 * MiB });
    const outside = stage.path('outside');
    await mkdir(outside);
    const dir = stage.path('trap');
    const failed = failWith('ERR_STORAGE_PATH', { dir, select: [0] });
    const torrent = await new Promise<(typeof session.torrents)[number]>(resolve => {
      const look = () => (session.torrents.length > 0 ? resolve(session.torrents[0]) : setImmediate(look));
      look();
    });
    await nextEvent(torrent, 'checked');
    // The second folder is made by its first write only.
    await mkdir(`${dir}/box`, { recursive: true });
    await symlink(outside, `${dir}/box/two`);
    torrent.files[1].priority = 'normal';
    await failed;
    expect(await readdir(outside)).toEqual([]);
  });
});

describe('a seed', () => {
  it('whose file is gone stops, and its session seeds the other torrent on', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': MiB }, { name: 'bad', seed: 1 });
    const other = await makeSample(stage, { 'song.bin': MiB }, { name: 'good', seed: 2 });
    const session = await openSession(stage, { dir: stage.path('nothing') });
    const torrent = await session.add(sample.torrent, { check: 'seed' });
    await session.add(other.torrent, { check: 'seed', dir: other.dir });
    const told = nextEvent(torrent, 'error');
    const taker = await openSession(stage, { dir: stage.path('target') });
    const peers = [addressOf(session)];
    const hopeless = await taker.add(sample.torrent, { peers });
    await (await taker.add(other.torrent, { peers })).completed();
    expect((await told).error.code).toBe('ERR_STORAGE_MISSING');
    expect(torrent.state).toBe('error');
    expect(hopeless.stats()).toMatchObject({ state: 'downloading', piecesDone: 0 });
  });
});

describe('the state folder', () => {
  it('that may not be written to: the transfer goes on, saving says why it cannot', async ({ skip }) => {
    const stage = await openStage();
    const stateDir = await makeReadOnly(stage, 'locked');
    if (stateDir === undefined) return skip('cannot make a read-only folder');
    const sample = await makeSample(stage, { 'film.bin': MiB });
    const seed = await openSeed(stage, sample);
    const warnings: object[] = [];
    const silent = () => {};
    const log: LogSink = { debug: silent, info: silent, error: silent, warn: facts => warnings.push(facts) };
    const session = await openSession(stage, { dir: stage.path('target'), stateDir, log });
    const torrent = await session.add(sample.torrent, { peers: [addressOf(seed)] });
    await torrent.completed();
    await expect(torrent.saveResume()).rejects.toMatchObject({ code: 'ERR_STORAGE_ACCESS' });
    await session.close();
    expect(warnings).toContainEqual(
      expect.objectContaining({ err: expect.objectContaining({ code: 'ERR_STORAGE_ACCESS' }) }),
    );
    expect(await hashTree(stage.path('target'))).toEqual(await hashTree(sample.dir));
  });

  it('that is a file: the torrent says so', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': MiB });
    await writeFile(stage.path('state'), '');
    const session = await openSession(stage, { dir: sample.dir, stateDir: stage.path('state') });
    const torrent = await session.add(sample.torrent);
    await expect(torrent.checked()).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_STORAGE_/) });
    expect(torrent.state).toBe('error');
  });
});
