import { afterEach, expect, it, vi } from 'vitest';
import { DaemonStage } from '../../../lib/daemon-stage.js';
import { turn } from '../../../lib/fake-torrent.js';

const HOUR_MS = 3_600_000;
let stage: DaemonStage;
let hash: string;
afterEach(() => stage.close());

/** A seed of data that was here before. */
async function seed(text: string, args: object = {}, name = 'one') {
  stage = await DaemonStage.open(text);
  hash = await stage.add(name, args, 'all');
  expect(stage.torrent(hash).state).toBe('seeding');
}
const set = (args: object) => stage.ask('torrent-set', { ids: [hash], ...args });
const uploads = (ratio: number) => stage.torrent(hash).upload(ratio * stage.torrent(hash).wanted);
const look = async () => {
  stage.keepers.activity.look();
  stage.keepers.seeds.look();
  await stage.keepers.removing.gone(hash);
  await turn();
};
/** What has become of the seed. */
const fate = async () => {
  await look();
  const entry = stage.state.catalog.get(hash);
  if (entry === undefined)
    return stage.session.opened[0].calls.includes('removeData') ? 'data removed' : 'removed';
  return entry.record.finished ? 'stopped' : 'seeding';
};

it('without a limit it seeds for ever', async () => {
  await seed('');
  uploads(1e6);
  stage.nowMs = 1e6 * HOUR_MS;
  expect(await fate()).toBe('seeding');
});

it('ends at the ratio of the session, is remembered as finished, and others are told once', async () => {
  await seed('seed-ratio = 2\n');
  uploads(1.99);
  expect(await fate()).toBe('seeding');
  uploads(0.01);
  expect(await fate()).toBe('stopped');
  await look();
  expect(stage.told).toEqual(['added one', 'done-seeding one']);
  const answer = await stage.ask('torrent-get', { ids: hash, fields: ['status', 'isFinished'] });
  expect(answer.arguments.torrents).toEqual([{ status: 0, isFinished: true }]);
});

it('the limit of the torrent stands before that of the session: its own, or none', async () => {
  await seed('seed-ratio = 2\n');
  await set({ seedRatioLimit: 5, seedRatioMode: 1 });
  uploads(3);
  expect(await fate()).toBe('seeding');
  await set({ seedRatioMode: 2 });
  uploads(100);
  expect(await fate()).toBe('seeding');
  await set({ seedRatioMode: 0 });
  expect(await fate()).toBe('stopped');
});

it('the first label that has a limit stands between the two', async () => {
  await seed(
    'seed-ratio = 1\nseed-action = "remove"\n[labels.b]\nseed-ratio = 3\nseed-action = "stop"\n[labels.c]\nseed-ratio = 2\n',
    {
      labels: ['a', 'b', 'c'],
    },
  );
  uploads(2.5);
  expect(await fate()).toBe('seeding');
  uploads(0.5);
  expect(await fate()).toBe('stopped');
});

it('time as a seed counts over all runs', async () => {
  await seed('seed-time = "2h"\n');
  stage.nowMs = HOUR_MS;
  expect(await fate()).toBe('seeding');
  stage = await stage.again('close');
  await stage.torrent(hash).endCheck(stage.torrent(hash).wanted);
  stage.nowMs = HOUR_MS - 1000;
  expect(await fate()).toBe('seeding');
  stage.nowMs = HOUR_MS;
  expect(await fate()).toBe('stopped');
});

it('idle is since somebody took something, since it seeds, or since this run began, whichever is last', async () => {
  await seed('seed-idle = "1h"\n');
  stage.nowMs = HOUR_MS - 1;
  uploads(0.1);
  expect(await fate()).toBe('seeding');
  stage.nowMs = 2 * HOUR_MS - 2;
  expect(await fate()).toBe('seeding');
  stage = await stage.again('close');
  await stage.torrent(hash).endCheck(stage.torrent(hash).wanted);
  stage.nowMs = HOUR_MS - 1;
  expect(await fate()).toBe('seeding');
  stage.nowMs = HOUR_MS;
  expect(await fate()).toBe('stopped');
});

it('who takes a little and leaves between two looks has taken something', async () => {
  await seed('seed-idle = "1h"\n');
  stage.nowMs = HOUR_MS - 1;
  stage.torrent(hash).working = false; // it rests already
  uploads(0.1);
  stage.keepers.activity.look();
  stage.nowMs = HOUR_MS + 1;
  expect(await fate()).toBe('seeding');
});

it('all of the limits, or any of them', async () => {
  await seed('seed-ratio = 1\nseed-time = "1h"\nseed-limits = "all"\n');
  uploads(1);
  expect(await fate()).toBe('seeding');
  stage.nowMs = HOUR_MS;
  expect(await fate()).toBe('stopped');
  await stage.close();
  await seed('seed-ratio = 1\nseed-time = "1h"\nseed-limits = "any"\n');
  stage.nowMs = HOUR_MS;
  expect(await fate()).toBe('stopped');
});

it.each([
  ['stop', 'stopped'],
  ['remove', 'removed'],
  ['remove-data', 'data removed'],
])('%s: %s', async (action, expected) => {
  await seed(`seed-ratio = 1\nseed-action = "${action}"\n`);
  uploads(1);
  expect(await fate()).toBe(expected);
  expect(stage.told).toContain('done-seeding one');
});

it('nobody is a seed who does not seed: stopped, failed, downloading, or without any file that is wanted', async () => {
  await seed('seed-ratio = 0\nseed-action = "remove-data"\n');
  const torrent = stage.torrent(hash);
  for (const state of ['paused', 'error', 'checking', 'downloading'] as const) {
    torrent.state = state;
    expect(await fate()).toBe('seeding');
  }
  torrent.state = 'seeding';
  torrent.wanted = 0;
  torrent.done = 0;
  expect(await fate()).toBe('seeding');
});

it('that a removal fails is in the log', async () => {
  await seed('seed-ratio = 1\nseed-action = "remove"\n');
  stage.state.catalog.flush = () => Promise.reject(new Error('no space'));
  uploads(1);
  expect(await fate()).toBe('stopped');
  expect(stage.logged).toContain('error: no space');
});

it('looks of itself, as long as it is not closed', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  await seed('seed-ratio = 1\n');
  uploads(1);
  vi.advanceTimersByTime(4_999);
  expect(stage.entry(hash).record.finished).toBe(false);
  vi.advanceTimersByTime(1);
  expect(stage.entry(hash).record.finished).toBe(true);
  vi.useRealTimers();
});
