import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { addressOf, KiB, makeSample, nextEvent, openSeed, openSession, openStage } from '../lib/e2e-stage.js';
import { hashTree } from '../lib/sample-files.js';
import { until } from '../lib/until.js';

async function scene() {
  const stage = await openStage();
  const files = { 'album/cd1/a.bin': 200 * KiB, 'album/cd1/b.bin': 100 * KiB, 'album/c.bin': 300 * KiB };
  const sample = await makeSample(stage, files);
  const hashes = await hashTree(sample.dir);
  return { stage, sample, hashes };
}

it('a seed goes on under new names, and does so after a restart without hashing', async () => {
  const { stage, sample, hashes } = await scene();
  const options = { dir: sample.dir, stateDir: stage.path('state') };
  const session = await openSession(stage, options);
  const torrent = await session.add(sample.torrent);
  await torrent.completed();
  await torrent.rename('album/cd1/a.bin', 'first.bin');
  await torrent.rename('album/cd1', 'one');
  await torrent.rename('album', '../Best');
  const paths = ['..Best/one/first.bin', '..Best/one/b.bin', '..Best/c.bin'];
  const wanted = Object.fromEntries(paths.map((path, i) => [path, Object.values(hashes)[[1, 2, 0][i]]]));
  const got = await hashTree(sample.dir);
  expect(got).toEqual(wanted);
  expect(torrent.files.map(({ path }) => path).sort()).toEqual(paths.toSorted());
  expect(torrent.stats()).toMatchObject({ name: '..Best', state: 'seeding' });
  expect(torrent.metainfo.name).toBe('album');
  const { renames } = torrent;
  expect(renames).toEqual([
    { path: 'album/cd1/a.bin', name: 'first.bin' },
    { path: 'album/cd1', name: 'one' },
    { path: 'album', name: '..Best' },
  ]);

  const other = await openSession(stage, { dir: stage.path('target') });
  const fetching = await other.add(sample.torrent, { peers: [addressOf(session)] });
  await fetching.completed();
  expect(await hashTree(stage.path('target'))).toEqual(hashes);
  await session.close();

  const again = await openSession(stage, options);
  const resumed = await again.add(sample.torrent, { renames });
  await resumed.checked();
  expect(resumed.light()).toMatchObject({ state: 'seeding', working: false }); // nothing was hashed
  expect(resumed.files[0].path).toMatch(/^\.\.Best\//);
  await expect(again.add(sample.torrent, { renames: [{ path: 'x', name: 'y' }] })).rejects.toThrow();
});

it('a resting torrent is renamed and rests again', async () => {
  const { stage, sample } = await scene();
  const session = await openSeed(stage, sample);
  const [torrent] = session.torrents;
  await torrent.completed();
  await torrent.rename('album/c.bin', 'd.bin');
  expect(existsSync(`${sample.dir}/album/d.bin`)).toBe(true);
  const into = new Uint8Array(10);
  expect(await torrent.files[2].read(into)).toBe(10);
  await until('the rest', () => !torrent.light().working);
});

it('a download is renamed while it runs', async () => {
  const { stage, sample, hashes } = await scene();
  const seed = await openSeed(stage, sample);
  const session = await openSession(stage, { dir: stage.path('target') });
  const torrent = await session.add(sample.torrent, {
    peers: [addressOf(seed)],
    limits: { down: 400 * KiB },
  });
  await nextEvent(torrent, 'piece');
  await torrent.rename('album', 'mine');
  await torrent.rename('mine/cd1', 'two');
  torrent.setLimits({});
  await torrent.completed();
  const got = await hashTree(stage.path('target'));
  expect(Object.keys(got)).toEqual(['mine/c.bin', 'mine/two/a.bin', 'mine/two/b.bin']);
  expect(Object.values(got).sort()).toEqual(Object.values(hashes).sort());
});

it('nothing is replaced, and no link is followed', async () => {
  const { stage, sample, hashes } = await scene();
  const session = await openSeed(stage, sample);
  const [torrent] = session.torrents;
  await torrent.completed();
  await writeFile(`${sample.dir}/album/mine.txt`, 'precious');
  const taken = { code: 'ERR_STORAGE_PATH' };
  await expect(torrent.rename('album/c.bin', 'mine.txt')).rejects.toMatchObject(taken);
  await expect(torrent.rename('album/c.bin', 'cd1')).rejects.toMatchObject(taken);
  await expect(torrent.rename('album/c.bin', '..')).rejects.toMatchObject({ code: 'ERR_OPTION' });
  await expect(torrent.rename('album/x', 'y')).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  expect(await readFile(`${sample.dir}/album/mine.txt`, 'utf8')).toBe('precious');

  await mkdir(stage.path('outside'));
  await rename(`${sample.dir}/album/cd1`, stage.path('outside', 'cd1'));
  await symlink(stage.path('outside', 'cd1'), `${sample.dir}/album/cd1`);
  await expect(torrent.rename('album/cd1/a.bin', 'gone')).rejects.toMatchObject(taken);
  expect(await hashTree(stage.path('outside'))).toEqual({
    'cd1/a.bin': hashes['album/cd1/a.bin'],
    'cd1/b.bin': hashes['album/cd1/b.bin'],
  });
  expect(torrent.renames).toEqual([]);
  expect(torrent.files.map(({ path }) => path)).not.toContain('album/mine.txt');

  await torrent.close();
  await expect(torrent.rename('album/c.bin', 'd.bin')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
});
