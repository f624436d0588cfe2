import { expect, it } from 'vitest';
import { addressOf, KiB, makeSample, nextEvent, openSeed, openSession, openStage } from '../lib/e2e-stage.js';
import { until } from '../lib/until.js';

async function scene() {
  const stage = await openStage();
  const sample = await makeSample(stage, { 'film.bin': 300 * KiB });
  return { stage, sample };
}

it('a torrent can be free of the session’s limits, from the start or later', async () => {
  const { stage, sample } = await scene();
  const seed = await openSeed(stage, sample);
  const peers = [addressOf(seed)];
  const limits = { down: KiB }; // five minutes for all of it
  const first = await openSession(stage, { dir: stage.path('first'), limits });
  const free = await first.add(sample.torrent, { peers, ownLimitsOnly: true });
  free.setLimits({});
  await free.completed();

  const second = await openSession(stage, { dir: stage.path('second'), limits });
  const bound = await second.add(sample.torrent, { peers });
  await until('the limit', () => bound.stats().limitedBy.localCap > 0.1);
  expect(bound.stats().done).toBe(0);
  bound.setLimits({}, { ownOnly: true });
  await bound.completed();
});

it('a torrent has as many peers as it may have', async () => {
  const { stage, sample } = await scene();
  const session = await openSession(stage, { dir: sample.dir });
  const limits = { up: KiB };
  const seed = await session.add(sample.torrent, { check: 'seed', maxPeers: 1, limits });
  await seed.completed();
  const join = async (name: string) => {
    const other = await openSession(stage, { dir: stage.path(name) });
    await other.add(sample.torrent, { peers: [addressOf(session)] });
  };
  const came = () => nextEvent(seed, 'peer');
  const refused = () => nextEvent(seed, 'peer-closed', ({ code }) => code === 'ERR_PEER_LIMIT');

  await Promise.all([came(), join('first')]);
  await Promise.all([refused(), join('second')]);
  expect(seed.light().peers).toBe(1);
  seed.setMaxPeers(2);
  await Promise.all([came(), join('third')]);
  expect(seed.light().peers).toBe(2);
  await Promise.all([refused(), seed.setMaxPeers(1)]);
  expect(seed.light().peers).toBe(1);
  for (const bad of [0, 1.5, 10_001]) expect(() => seed.setMaxPeers(bad)).toThrow(/maxPeers is/);
});
