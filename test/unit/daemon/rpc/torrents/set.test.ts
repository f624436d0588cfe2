import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DaemonStage } from '../../../../lib/daemon-stage.js';
import { torrentFile } from '../../../../lib/fake-torrent.js';

const PIECE = 16_384;
let stage: DaemonStage;
let a: string;
let b: string;
const addFiles = async (name: string, count: number) => {
  const metainfo = Buffer.from(torrentFile(name, Array(count).fill(PIECE))).toString('base64');
  await stage.ask('torrent-add', { metainfo });
  const { infoHash } = [...stage.state.catalog.all()].find(({ record }) => record.name === name)!;
  await stage.torrent(infoHash).endCheck(0);
  return infoHash;
};
beforeEach(async () => {
  stage = await DaemonStage.open();
  a = await addFiles('a', 3);
  b = await addFiles('b', 2);
});
afterEach(() => stage.close());

const set = async (args: object, ids: unknown = [a]) =>
  (await stage.ask('torrent-set', { ids, ...args })).result;
const record = (hash = a) => stage.entry(hash).record;
const calls = (hash = a) => stage.torrent(hash).calls;
const priorities = () => stage.torrent(a).files.map(({ priority }) => priority);
const records = () => stage.state.catalog.inQueueOrder().map(entry => entry.record);

it('what was confirmed is on disk, and the same after a kill', async () => {
  stage.nowMs = 7000;
  expect(
    await set({
      ...{ labels: ['x'], downloadLimit: 5, downloadLimited: true, seedRatioLimit: 3, seedRatioMode: 1 },
      ...{ 'files-unwanted': [1], trackerList: 'udp://x:1', group: 'g', bandwidthPriority: 1 },
    }),
  ).toBe('success');
  const before = record();
  expect(before).toMatchObject({
    ...{ labels: ['x'], down: { on: true, value: 5000 }, seedRatio: { mode: 'own', value: 3 }, group: 'g' },
    ...{ skip: [1], trackers: [['udp://x:1']], priority: 1, editedAt: 1_000_007 },
  });
  stage = await stage.again('kill');
  expect(record()).toEqual(before);
  expect(stage.torrent(a).options).toMatchObject({
    ...{ limits: { down: 5000, up: 0 }, trackers: [['udp://x:1']], priorities: { skip: [1] } },
  });
});

describe('all or nothing, of all torrents that are named', () => {
  it.each([
    ['a file that only the other one lacks', { 'files-unwanted': [2] }, 'file index out of range'],
    ['a file before the first', { 'priority-high': [-1] }, 'file index out of range'],
    ['an empty label', { labels: [''] }, 'labels cannot be empty'],
    ['a label with a comma', { labels: ['a,b'] }, 'labels cannot contain comma (,) character'],
    ['a tracker that is none', { trackerAdd: ['ftp://x'] }, 'invalid tracker URL'],
  ])('%s', async (_, bad, text) => {
    const before = records();
    expect(
      await set({ downloadLimit: 5, queuePosition: 1, honorsSessionLimits: false, ...bad }, [a, b]),
    ).toBe(text);
    expect([records(), calls(a), calls(b), priorities()]).toEqual([
      ...[before, [], [], ['normal', 'normal', 'normal']],
    ]);
  });
});

it('values of a wrong type are none: labels that are no list stay', async () => {
  await set({ labels: ['keep'], 'peer-limit': 7 });
  for (const labels of ['x', null, 5, {}])
    expect(await set({ labels, 'peer-limit': '9', group: 5 })).toBe('success');
  expect(record()).toMatchObject({ labels: ['keep'], maxPeers: 7, group: '' });
  await set({ labels: [] });
  expect(record().labels).toEqual([]);
});

it('limits are in thousands, keep their number while they are off, and the engine is told', async () => {
  await set({ uploadLimit: 5 });
  expect([record().up, calls().at(-1)]).toEqual([
    ...[{ on: false, value: 5000 }, 'setLimits {"down":0,"up":0,"ownOnly":false}'],
  ]);
  await set({ uploadLimited: true });
  expect(calls().at(-1)).toBe('setLimits {"down":0,"up":5000,"ownOnly":false}');
  await set({ honorsSessionLimits: false });
  expect(calls().at(-1)).toBe('setLimits {"down":0,"up":5000,"ownOnly":true}');
  await set({ uploadLimited: false });
  expect(record().up).toEqual({ on: false, value: 5000 });
});

it('peers and order reach the engine, within their bounds', async () => {
  await set({ 'peer-limit': 0, sequential_download: true });
  await set({ peer_limit: 1e9, sequentialDownload: false });
  expect(calls()).toEqual([
    'setMaxPeers 1',
    'setSequential true',
    'setMaxPeers 10000',
    'setSequential false',
  ]);
});

describe('seed limits', () => {
  it('mode and number are told apart', async () => {
    await set({ seedRatioLimit: 1.5 });
    expect(record().seedRatio).toEqual({ mode: 'session', value: 1.5 });
    await set({ seedRatioMode: 1, seedIdleMode: 2, seedIdleLimit: 5 });
    expect([record().seedRatio, record().seedIdle]).toEqual([
      ...[
        { mode: 'own', value: 1.5 },
        { mode: 'none', value: 300_000 },
      ],
    ]);
  });

  it('modes that there are not, and numbers below 0, do no harm', async () => {
    await set({ seedRatioMode: 1, seedRatioLimit: 2 });
    await set({ seedRatioMode: 7 });
    await set({ seedRatioMode: -1 });
    expect(record().seedRatio).toEqual({ mode: 'own', value: 2 });
    await set({ seedRatioLimit: -1 });
    expect(record().seedRatio.value).toBe(0);
  });
});

describe('files', () => {
  it('are wanted or not, and of a priority, which they keep while they are not', async () => {
    await set({ 'files-unwanted': [0, 1], 'priority-high': [1], 'priority-low': [2] });
    expect(priorities()).toEqual(['skip', 'skip', 'low']);
    await set({ 'files-wanted': [1], 'priority-normal': [2] });
    expect(priorities()).toEqual(['skip', 'high', 'normal']);
  });

  it('an empty list is all of them', async () => {
    await set({ 'files-unwanted': [] });
    expect(priorities()).toEqual(['skip', 'skip', 'skip']);
    await set({ 'files-wanted': [], 'priority-low': [] });
    expect(priorities()).toEqual(['low', 'low', 'low']);
  });

  it('both at once: what is wanted is', async () => {
    await set({ 'files-unwanted': [], 'files-wanted': [1] });
    expect(priorities()).toEqual(['skip', 'normal', 'skip']);
  });
});

it('a place in the queue', async () => {
  await addFiles('c', 1);
  await set({ queuePosition: 0 }, [3]);
  expect(stage.names()).toBe('c a b');
  await set({ queuePosition: 99 }, [3]);
  expect(stage.names()).toBe('a b c');
});

it('absent ids are all, an empty list is none, unknown ones are passed over', async () => {
  await stage.ask('torrent-set', { labels: ['all'] });
  expect([record(a).labels, record(b).labels]).toEqual([['all'], ['all']]);
  expect(await set({ labels: ['none'] }, [])).toBe('success');
  expect(await set({ labels: ['b'] }, [99, b.toUpperCase(), 'x'])).toBe('success');
  expect([record(a).labels, record(b).labels]).toEqual([['all'], ['b']]);
});

it('what cannot be saved is not confirmed', async () => {
  stage.state.catalog.flush = () =>
    Promise.reject(Object.assign(new Error('no space'), { code: 'ERR_STORAGE_FULL' }));
  await expect(set({ labels: ['x'] })).rejects.toThrow('no space');
});
