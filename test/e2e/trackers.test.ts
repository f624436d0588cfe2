import { expect, it } from 'vitest';
import { createTracker } from '../../dist/tracker/index.js';
import { KiB, makeSample, openSession, openStage } from '../lib/e2e-stage.js';
import { until } from '../lib/until.js';

const DEAD = 'http://127.0.0.1:1/secret/announce';

async function scene() {
  const stage = await openStage();
  const sample = await makeSample(stage, { 'film.bin': 300 * KiB });
  const openTracker = async () => {
    const tracker = await createTracker({ http: { port: 0, host: '127.0.0.1' } });
    stage.defer(() => tracker.close());
    return tracker;
  };
  const trackers = [await openTracker(), await openTracker()];
  const session = await openSession(stage, { dir: sample.dir });
  return { sample, session, trackers, urls: trackers.map(({ http }) => http!.url) };
}

it('all trackers are listed from the start, and what each said last', async () => {
  const { sample, session, urls } = await scene();
  const tiers = [[DEAD], [], [urls[0], urls[0]], [urls[1]]];
  const torrent = await session.add(sample.torrent, { trackers: tiers, check: 'seed', paused: true });
  expect(torrent.trackers).toEqual([[DEAD], [urls[0]], [urls[1]]]);
  expect(torrent.stats().trackers).toEqual([
    { url: 'http://127.0.0.1:1/***/announce', tier: 0, state: 'idle', nextMs: undefined },
    { url: urls[0], tier: 1, state: 'idle', nextMs: undefined },
    { url: urls[1], tier: 2, state: 'idle', nextMs: undefined },
  ]);
  await torrent.checked();
  const startMs = Date.now();
  torrent.resume();
  const [dead, good, idle] = await until('an answer', () => {
    const { trackers } = torrent.stats();
    return trackers[1].state === 'working' && trackers[1].nextMs !== undefined && trackers;
  });
  expect(dead).toMatchObject({ state: 'failed', error: expect.any(String), nextMs: good.nextMs });
  expect(good).toMatchObject({ seeders: 1, leechers: 0, lastPeers: 0 });
  expect(idle).toMatchObject({ state: 'idle', nextMs: undefined });
  for (const { lastMs } of [dead, good]) expect(lastMs).toBeGreaterThanOrEqual(startMs);
  expect(good.nextMs).toBeGreaterThan(good.lastMs!);
  torrent.pause();
  await until('the farewell', () => torrent.stats().trackers[1].state === 'idle');
  expect(torrent.stats().trackers[1]).toMatchObject({ seeders: 1, nextMs: undefined });
});

it('trackers are replaced while the torrent is online', async () => {
  const { sample, session, trackers, urls } = await scene();
  const torrent = await session.add(sample.torrent, { trackers: [], check: 'seed' });
  const counts = () => trackers.map(tracker => tracker.stats().peers).join();
  await torrent.completed();
  torrent.setTrackers([[urls[0]]]);
  await until('the first', () => counts() === '1,0');
  torrent.setTrackers([[urls[0]], [urls[1]]]);
  await until('both', () => counts() === '1,1');
  torrent.setTrackers([[urls[1]]]);
  await until('the second alone', () => counts() === '0,1');
  await until('its answer', () => torrent.stats().trackers[0].state === 'working');
  expect(torrent.stats().trackers).toMatchObject([{ url: urls[1], tier: 0, state: 'working' }]);
  expect(() => torrent.setTrackers(['http://a'] as never)).toThrow(/list of tiers/);
  torrent.pause();
  await until('nobody', () => counts() === '0,0');
  torrent.setTrackers([[urls[0]]]);
  torrent.reannounce();
  expect(torrent.trackers).toEqual([[urls[0]]]);
  torrent.resume();
  await until('the first again', () => counts() === '1,0');
});
