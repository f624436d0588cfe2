import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { DaemonStage } from '../../../lib/daemon-stage.js';
import { turn } from '../../../lib/fake-torrent.js';

let stage: DaemonStage;
afterEach(() => stage.close());

const dones = () => stage.told.filter(what => what.startsWith('done '));
const record = (hash: string) => stage.entry(hash).record;
/** Moves that were asked for have been made, or not. */
const moved = () => stage.moved();
const dl = () => join(stage.dir, 'dl');
const restart = async (hash: string, end: 'close' | 'kill', done: number) => {
  stage = await stage.again(end);
  await stage.torrent(hash).endCheck(done);
  await moved();
};

it('a download that is complete is told of once, with its time', async () => {
  stage = await DaemonStage.open();
  const hash = await stage.add('one');
  stage.nowMs = 5000;
  stage.torrent(hash).complete();
  await moved();
  expect([dones(), record(hash).doneAt]).toEqual([['done one'], 1_000_005]);
  await restart(hash, 'close', stage.torrent(hash).wanted);
  expect([dones(), record(hash).doneAt]).toEqual([[], 1_000_005]);
});

it('data that was here before is no download', async () => {
  stage = await DaemonStage.open();
  await stage.add('one', {}, 'all');
  await moved();
  expect(dones()).toEqual([]);
});

it('one that completed while nobody could be told, is told of by the next run', async () => {
  stage = await DaemonStage.open();
  const hash = await stage.add('one');
  await stage.state.beat();
  const { wanted } = stage.torrent(hash);
  await restart(hash, 'kill', wanted);
  expect(dones()).toEqual(['done one']);
});

it('one of which not all is wanted is complete without the rest, each time it starts', async () => {
  stage = await DaemonStage.open();
  const hash = await stage.add('one');
  stage.torrent(hash).wanted = 16_384;
  stage.torrent(hash).complete();
  await moved();
  expect(dones()).toEqual(['done one']);
  stage = await stage.again('close');
  stage.torrent(hash).wanted = 16_384;
  await stage.torrent(hash).endCheck(16_384);
  await moved();
  expect(dones()).toEqual([]);
});

it('what is wanted later and arrives is told of too', async () => {
  stage = await DaemonStage.open();
  const hash = await stage.add('one', {}, 'all');
  stage.torrent(hash).wanted += 16_384;
  stage.torrent(hash).complete();
  await moved();
  expect(dones()).toEqual(['done one']);
});

it('goes where it is to be before others are told', async () => {
  stage = await DaemonStage.open('incomplete-dir = "/inc"\n');
  const hash = await stage.add('one');
  expect(stage.torrent(hash).options.dir).toBe('/inc');
  stage.torrent(hash).complete();
  expect(dones()).toEqual([]);
  await moved();
  expect(stage.torrent(hash).calls).toEqual([`setDir ${dl()} move`]);
  expect([dones(), record(hash).dir, record(hash).incompleteDir]).toEqual([['done one'], dl(), undefined]);
  expect(stage.onDisk().get(`torrent.${hash}`)).not.toHaveProperty('incompleteDir');
});

it('one that cannot be moved stays where it is, is not told of, and is moved by the next run', async () => {
  stage = await DaemonStage.open('incomplete-dir = "/inc"\n');
  const hash = await stage.add('one');
  stage.torrent(hash).setDir = () => Promise.reject(new Error('no space there'));
  stage.torrent(hash).complete();
  await moved();
  expect([dones(), record(hash).incompleteDir, stage.entry(hash).moving]).toEqual([[], '/inc', undefined]);
  expect(stage.logged).toContain('error: no space there');
  await restart(hash, 'close', stage.torrent(hash).wanted);
  expect([dones(), stage.torrent(hash).calls]).toEqual([['done one'], [`setDir ${dl()} move`]]);
});

it('a kill in the middle of a move, or an end before it, leaves it to the next run', async () => {
  for (const end of ['kill', 'close'] as const) {
    stage = await DaemonStage.open('incomplete-dir = "/inc"\n');
    const hash = await stage.add('one');
    const { wanted } = stage.torrent(hash);
    let stop = () => {};
    stage.torrent(hash).setDir = () =>
      new Promise((_, reject) => {
        stop = () => reject(new Error('aborted'));
      });
    stage.torrent(hash).complete();
    const other = await stage.add('two');
    stage.torrent(other).complete(); // waits for its turn
    await stage.state.catalog.flush();
    const { told } = stage;
    const next = stage.again(end);
    await turn();
    await turn();
    stop();
    stage = await next;
    expect(told.filter(what => what.startsWith('done '))).toEqual([]);
    expect(stage.torrent(hash).options.dir).toBe('/inc');
    for (const one of [hash, other]) await stage.torrent(one).endCheck(wanted);
    await moved();
    expect(dones()).toEqual(['done one', 'done two']);
    if (end === 'kill') await stage.close();
  }
});

it('a folder that was asked for before it was complete is where it stays', async () => {
  stage = await DaemonStage.open('incomplete-dir = "/inc"\n');
  const hash = await stage.add('one');
  const wished = join(dl(), 'wished');
  await stage.ask('torrent-set-location', { ids: [hash], location: wished, move: true });
  stage.torrent(hash).complete();
  await moved();
  expect([stage.torrent(hash).calls, record(hash).dir]).toEqual([[`setDir ${wished} move`], wished]);
  expect(dones()).toEqual(['done one']);
});

it('one move at a time, and one that is gone is not moved nor told of', async () => {
  stage = await DaemonStage.open('incomplete-dir = "/inc"\n');
  const [a, b] = [await stage.add('a'), await stage.add('b')];
  let finish = () => {};
  stage.torrent(a).setDir = () =>
    new Promise(done => {
      finish = () => done();
    });
  const second = stage.torrent(b);
  stage.torrent(a).complete();
  second.complete();
  await turn();
  expect(second.calls).toEqual([]);
  await stage.ask('torrent-remove', { ids: [b] });
  finish();
  await moved();
  expect([second.calls, dones()]).toEqual([[], ['done a']]);
});

it('payload of those that are gone stays in the totals', async () => {
  stage = await DaemonStage.open();
  const [a, b] = [await stage.add('a'), await stage.add('b')];
  stage.torrent(a).upload(100);
  stage.torrent(b).upload(10);
  await stage.ask('torrent-remove', { ids: [a] });
  const stats = async () => (await stage.ask('session-stats')).arguments as unknown as Record<string, object>;
  expect((await stats())['current-stats']).toMatchObject({ uploadedBytes: 110, filesAdded: 2 });
  stage = await stage.again('close');
  expect(await stats()).toMatchObject({
    torrentCount: 1,
    'current-stats': { uploadedBytes: 0, filesAdded: 0, sessionCount: 1 },
    'cumulative-stats': { uploadedBytes: 110, filesAdded: 2, sessionCount: 2 },
  });
});
