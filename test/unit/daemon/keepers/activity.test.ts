import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Activity } from '../../../../src/daemon/keepers/activity.js';
import { DaemonStage } from '../../../lib/daemon-stage.js';

let stage: DaemonStage;
let hash: string;
beforeEach(async () => {
  stage = await DaemonStage.open();
  hash = await stage.add('one', {}, 'all');
});
afterEach(() => stage.close());

const look = () => stage.keepers.activity.look();
const activityDate = async () => {
  const answer = await stage.ask('torrent-get', { ids: hash, fields: ['activityDate'] });
  return (answer.arguments as unknown as { torrents: { activityDate: number }[] }).torrents[0].activityDate;
};

it('notes when payload was seen, not when it was looked for', async () => {
  look();
  expect([stage.entry(hash).movedMs, await activityDate()]).toEqual([Number.NEGATIVE_INFINITY, 0]);
  stage.torrent(hash).upload(1);
  stage.nowMs = 7000;
  look();
  stage.nowMs = 60_000;
  look();
  expect([stage.entry(hash).movedMs, await activityDate()]).toEqual([7000, 1_000_007]);
});

it('payload of earlier runs is none of this one, and when it was is remembered', async () => {
  stage.torrent(hash).upload(5);
  stage.nowMs = 9000;
  stage = await stage.again('close');
  stage.torrent(hash).everUploaded = 5;
  look();
  expect(stage.entry(hash).movedMs).toBe(Number.NEGATIVE_INFINITY);
  expect(await activityDate()).toBe(1_000_009);
});

it('one that is opened anew has not moved anything by that', async () => {
  stage.torrent(hash).upload(5);
  look();
  stage.torrent(hash).uploaded = 0;
  stage.nowMs = 50_000;
  look();
  expect(stage.entry(hash).movedMs).toBe(0);
  stage.torrent(hash).upload(1);
  look();
  expect(stage.entry(hash).movedMs).toBe(50_000);
});

it('looks every five seconds until it is closed', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const activity = new Activity(stage.keepers.activity.options);
  const seen = vi.spyOn(activity, 'look');
  vi.advanceTimersByTime(10_000);
  expect(seen).toHaveBeenCalledTimes(2);
  activity.close();
  vi.advanceTimersByTime(10_000);
  expect(seen).toHaveBeenCalledTimes(3);
  vi.useRealTimers();
});
