import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Added } from '../../../../src/daemon/torrents/adding.js';
import { parseMetainfo } from '../../../../src/index.js';
import { DaemonStage } from '../../../lib/daemon-stage.js';
import { torrentFile, turn } from '../../../lib/fake-torrent.js';

/** A disk that is full while `full`, and on which appends wait for `slow`. */
const disk = vi.hoisted(() => ({ full: false, slow: Promise.resolve() as Promise<unknown> }));
vi.mock('../../../../src/engine/storage/raw-fs.js', async original => {
  const real = await original<typeof import('../../../../src/engine/storage/raw-fs.js')>();
  return {
    ...real,
    async fdatasyncRaw(fd: number) {
      await disk.slow;
      if (disk.full) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      await real.fdatasyncRaw(fd);
    },
  };
});

let stage: DaemonStage;
beforeEach(async () => {
  disk.full = false;
  disk.slow = Promise.resolve();
  stage = await DaemonStage.open();
});
afterEach(() => stage.close());

const bytes = torrentFile('one');
const { infoHash } = parseMetainfo(bytes);
const key = `torrent.${infoHash}`;
const fileOf = () => join(stage.dir, 'state', 'torrents', `${infoHash}.torrent`);

/** Something that is waited for, to be let go. */
function gate() {
  let open = () => {};
  const wait = new Promise<void>(resolve => {
    open = resolve;
  });
  return { wait, open };
}

async function slowDisk() {
  const { wait, open } = gate();
  disk.slow = wait;
  return open;
}

it('when it answers, the torrent and its file are on disk, and the engine has it', async () => {
  const { entry, duplicate } = await stage.keepers.adding.add(bytes, { labels: ['a'] });
  expect(duplicate).toBe(false);
  expect(stage.onDisk().get(key)).toMatchObject({ infoHash, name: 'one', labels: ['a'], addedAt: 1_000_000 });
  expect(readFileSync(fileOf())).toEqual(Buffer.from(bytes));
  expect(entry.torrent?.infoHash).toBe(infoHash);
  expect(stage.told).toEqual(['added one']);
});

it('is known again after a kill, with its number in the order of the queue', async () => {
  await stage.keepers.adding.add(bytes);
  await stage.keepers.adding.add(torrentFile('two'));
  stage = await stage.again('kill');
  expect([stage.names(), stage.entry(infoHash).id]).toEqual(['one two', 1]);
  expect(stage.torrent(infoHash).options).toMatchObject({ dir: join(stage.dir, 'dl'), paused: false });
});

it('a second request while the first goes on is a duplicate, and is answered no sooner', async () => {
  const letGo = await slowDisk();
  const answers: string[] = [];
  const first = stage.keepers.adding.add(bytes).then(() => answers.push('first'));
  while (stage.state.catalog.size === 0) await turn();
  const second = stage.keepers.adding.add(bytes).then(({ duplicate }: Added) => {
    answers.push(`duplicate ${duplicate}`);
  });
  await turn();
  expect(answers).toEqual([]);
  letGo();
  await Promise.all([first, second]);
  expect(answers).toEqual(['first', 'duplicate true']);
  expect(stage.session.opened).toHaveLength(1);
});

it('what cannot be made durable is not added, and nobody is told that it was there', async () => {
  disk.full = true;
  const all = await Promise.allSettled([stage.keepers.adding.add(bytes), stage.keepers.adding.add(bytes)]);
  expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect([stage.state.catalog.size, stage.session.opened.length]).toEqual([0, 0]);
  disk.full = false;
  expect((await stage.keepers.adding.add(bytes)).duplicate).toBe(false);
  expect(stage.onDisk().has(key)).toBe(true);
});

it('one that is removed while the engine opens it is closed, and nothing is left', async () => {
  const { wait, open } = gate();
  stage.session.opening = wait;
  const adding = stage.keepers.adding.add(bytes);
  while (stage.session.opened.length === 0) await turn();
  const removing = stage.keepers.removing.remove([stage.entry(infoHash)], true);
  await stage.state.catalog.flush(); // its removal is on disk
  await turn(); // and what follows on that has begun
  open();
  await Promise.all([adding, removing]);
  expect(stage.session.torrents.size).toBe(0);
  expect(stage.session.opened[0].calls).toEqual(['removeData']);
  expect([stage.onDisk().has(key), existsSync(fileOf())]).toEqual([false, false]);
  expect(stage.told).toEqual([]);
});

it('one that is removed before the engine has heard of it is not opened', async () => {
  const letGo = await slowDisk();
  const adding = stage.keepers.adding.add(bytes);
  while (stage.state.catalog.size === 0) await turn();
  const removing = stage.keepers.removing.remove([stage.entry(infoHash)], false);
  letGo();
  await Promise.all([adding, removing]);
  expect([stage.session.opened.length, stage.state.catalog.size]).toEqual([0, 0]);
  expect([stage.onDisk().has(key), existsSync(fileOf())]).toEqual([false, false]);
});

it('one that is added again while it is being removed waits for that, and keeps its file', async () => {
  await stage.keepers.adding.add(bytes);
  const { wait, open } = gate();
  stage.torrent(infoHash).closing = wait;
  const letGo = await slowDisk();
  const removing = stage.keepers.removing.remove([stage.entry(infoHash)], false);
  await turn();
  const adding = stage.keepers.adding.add(bytes); // its removal is not even on disk
  letGo();
  await stage.keepers.adding.add(torrentFile('another')); // comes as far as this one might have
  expect(stage.names()).toBe('another');
  open();
  const [{ entry, duplicate }] = await Promise.all([adding, removing]);
  expect([duplicate, entry.failure, entry.id]).toEqual([false, undefined, 3]);
  expect([stage.onDisk().has(key), existsSync(fileOf())]).toEqual([true, true]);
  expect(stage.session.torrents.size).toBe(2);
});

it('an edit of one that is gone does not reach its successor', async () => {
  const { entry } = await stage.keepers.adding.add(bytes, { labels: ['old'] });
  await stage.keepers.removing.remove([entry], false);
  await stage.keepers.adding.add(bytes, { labels: ['new'] });
  const { catalog } = stage.state;
  catalog.edit(entry, { dir: '/elsewhere' });
  catalog.moveTo(entry, 0);
  catalog.remove(entry);
  await catalog.flush();
  expect(stage.entry(infoHash).record.labels).toEqual(['new']);
  expect(stage.onDisk().get(key)).toMatchObject({ labels: ['new'], dir: join(stage.dir, 'dl') });
});

it('when a removal cannot be made durable the torrent stays as it was', async () => {
  await stage.keepers.adding.add(bytes);
  disk.full = true;
  await expect(stage.keepers.removing.remove([stage.entry(infoHash)], true)).rejects.toMatchObject({
    code: 'ERR_STORAGE_FULL',
  });
  expect([stage.entry(infoHash).id, stage.torrent(infoHash).state]).toEqual([1, 'checking']);
  expect([stage.torrent(infoHash).calls, existsSync(fileOf())]).toEqual([[], true]);
  expect(stage.state.catalog.recentlyRemoved()).toEqual([]);
  disk.full = false;
  await stage.keepers.removing.remove([stage.entry(infoHash)], true);
  expect([stage.onDisk().has(key), existsSync(fileOf())]).toEqual([false, false]);
});

it('removed is: not in the list at once, not on disk when it answers, no file, no resume data', async () => {
  await stage.keepers.adding.add(bytes);
  const torrent = stage.torrent(infoHash);
  const removing = stage.keepers.removing.remove([stage.entry(infoHash)], false);
  expect(stage.state.catalog.size).toBe(0);
  await removing;
  expect([stage.onDisk().has(key), existsSync(fileOf())]).toEqual([false, false]);
  expect([torrent.state, torrent.calls, stage.session.forgotten]).toEqual(['closed', [], [infoHash]]);
  expect(stage.state.catalog.recentlyRemoved()).toEqual([1]);
});

it('what cannot be deleted is told in the log, and others are not kept from going', async () => {
  await stage.keepers.adding.add(bytes);
  await stage.add('two');
  const stuck = Promise.reject(new Error('stuck'));
  stuck.catch(() => {}); // when nobody waits for it
  stage.torrent(infoHash).closing = stuck;
  await stage.keepers.removing.remove([...stage.state.catalog.all()], false);
  expect(stage.logged).toContain('error: stuck');
  expect(stage.session.forgotten).toHaveLength(1);
});

it('a torrent that fails is opened once, however many ask', async () => {
  await stage.keepers.adding.add(bytes);
  const file = readFileSync(fileOf());
  rmSync(fileOf());
  stage = await stage.again('close');
  expect(stage.entry(infoHash).failure?.code).toBe('ERR_STORAGE_IO');
  writeFileSync(fileOf(), file);
  await Promise.all([
    stage.ask('torrent-start', { ids: [infoHash] }),
    stage.ask('torrent-start', { ids: [infoHash] }),
  ]);
  const { failure, torrent } = stage.entry(infoHash);
  expect([failure, torrent?.state, stage.session.opened.length]).toEqual([undefined, 'checking', 1]);
});

it('goes where its wish says, then its label, then the settings; and to the folder for incomplete ones first', async () => {
  await stage.close();
  stage = await DaemonStage.open(
    'incomplete-dir = "/inc"\n[labels.films]\ndir = "/films"\n[labels.inc]\ndir = "/inc"\n',
  );
  const dirs = async (name: string, wishes: object) => {
    const { entry } = await stage.keepers.adding.add(torrentFile(name), wishes);
    return [entry.record.dir, entry.record.incompleteDir];
  };
  expect(await dirs('a', { labels: ['none', 'films'], dir: '/own' })).toEqual(['/own', '/inc']);
  expect(await dirs('b', { labels: ['none', 'films'] })).toEqual(['/films', '/inc']);
  expect(await dirs('c', { labels: ['none'] })).toEqual([join(stage.dir, 'dl'), '/inc']);
  expect(await dirs('d', { labels: ['inc'] })).toEqual(['/inc', undefined]);
});

it('data that is where it is to be already is not downloaded anew elsewhere', async () => {
  await stage.close();
  stage = await DaemonStage.open('incomplete-dir = "/inc"\n');
  const dl = join(stage.dir, 'dl');
  writeFileSync(join(dl, 'one'), '');
  mkdirSync(join(dl, 'several'));
  const dirs = async (torrent: Uint8Array) => {
    const { entry } = await stage.keepers.adding.add(torrent);
    return [stage.torrent(entry.infoHash).options.dir, entry.record.incompleteDir];
  };
  expect(await dirs(bytes)).toEqual([dl, undefined]);
  expect(await dirs(torrentFile('several', [5, 6]))).toEqual([dl, undefined]);
  expect(await dirs(torrentFile('other', [5, 6]))).toEqual(['/inc', '/inc']);
});

it('starts as the settings say unless somebody says otherwise, and has begun only then', async () => {
  await stage.close();
  stage = await DaemonStage.open('start-added = false\n');
  const add = async (name: string, wishes: object) =>
    (await stage.keepers.adding.add(torrentFile(name), wishes)).entry;
  const [still, on] = [await add('a', {}), await add('b', { paused: false })];
  expect([still.record.running, still.record.startedAt, still.admitted]).toEqual([false, 0, false]);
  expect([on.record.running, on.record.startedAt, on.admitted]).toEqual([true, 1_000_000, true]);
});

it('adds the trackers of the settings unless it is private', async () => {
  await stage.close();
  stage = await DaemonStage.open('default-trackers = ["udp://more.example:1"]\n');
  const { entry } = await stage.keepers.adding.add(bytes);
  expect(entry.torrent?.trackers).toEqual([['http://tracker.example/announce'], ['udp://more.example:1']]);
  const secret = Buffer.from(
    Buffer.from(bytes).toString('latin1').replace(/ee$/, '7:privatei1eee'),
    'latin1',
  );
  const { entry: hidden } = await stage.keepers.adding.add(secret);
  expect(hidden.torrent?.trackers).toEqual([['http://tracker.example/announce']]);
});

it('refuses what is no torrent, and files that it does not have, and remembers neither', async () => {
  await expect(stage.keepers.adding.add(Buffer.from('d4:infodee'))).rejects.toMatchObject({
    code: expect.stringMatching(/^ERR_METAINFO_/),
  });
  for (const index of [1, -1, 0.5])
    await expect(stage.keepers.adding.add(bytes, { high: [index] })).rejects.toMatchObject({
      code: 'ERR_OPTION',
    });
  expect([stage.state.catalog.size, existsSync(fileOf())]).toEqual([0, false]);
});
