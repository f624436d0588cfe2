import { describe, expect, it } from 'vitest';
import { createSession, type PeerAddress, type Session } from '../../dist/index.js';
import { createTracker, type TrackerOptions } from '../../src/tracker/index.js';
import { RawPeer } from '../hostile/raw-peer.js';
import { KiB, makeSample, openSeed, openSession, openStage } from '../lib/e2e-stage.js';
import { fakeNames } from '../lib/fake-names.js';
import { freePort } from '../lib/free-port.js';
import { until } from '../lib/until.js';

const refused = expect.objectContaining({ code: 'ECONNREFUSED' });
const LOOPBACKS = ['127.0.0.1', '::1'];

/** How this machine reaches a session that listens everywhere. */
function reach({ address }: Session): PeerAddress[] {
  return LOOPBACKS.map(host => ({ host, port: address!.port }));
}

async function open(options?: TrackerOptions) {
  const stage = await openStage();
  const tracker = options && (await createTracker(options));
  if (tracker !== undefined) stage.defer(() => tracker.close());
  const sample = await makeSample(stage, { 'a.bin': 300 * KiB });
  return { stage, sample, tracker: tracker!, seed: await openSeed(stage, sample, { listen: undefined }) };
}

describe('a session listens on both families', () => {
  it('and both find it at one port', async () => {
    const { stage, sample, seed } = await open();
    expect(seed.addresses).toEqual([seed.address, { host: '::', port: seed.address!.port }]);
    for (const [i, at] of reach(seed).entries()) {
      const target = await openSession(stage, { dir: stage.path(`target${i}`), listen: false });
      const torrent = await target.add(sample.torrent, { peers: [at] });
      await torrent.completed();
      expect(torrent.stats().downloaded).toBe(300 * KiB);
    }
  });

  it('moves both to another port, or neither', async () => {
    const { stage, seed } = await open();
    const before = reach(seed);
    const port = await freePort();
    await seed.listenOn({ port });
    expect(seed.addresses.map(address => address.port)).toEqual([port, port]);
    for (const at of before) await expect(RawPeer.dial(at)).rejects.toEqual(refused);
    for (const at of reach(seed)) (await RawPeer.dial(at)).destroy();

    const other = await openSession(stage, { listen: { host: '::1' } });
    await expect(seed.listenOn({ port: other.address!.port })).rejects.toMatchObject({
      code: 'ERR_NET_ADDRESS_IN_USE',
    });
    expect(seed.address?.port).toBe(port);
    for (const at of reach(seed)) (await RawPeer.dial(at)).destroy();
  });

  it('narrows to one family and widens again', async () => {
    const { seed } = await open();
    await seed.listenOn({ host: '::1', port: 0 });
    expect(seed.addresses.map(({ host }) => host)).toEqual(['::1']);
    await seed.listenOn({ port: 0 });
    expect(seed.addresses.map(({ host }) => host)).toEqual(['::1']);
    await seed.listenOn({ host: '*', port: 0 });
    expect(seed.addresses.map(({ host }) => host)).toEqual(['0.0.0.0', '::']);
  });

  it('suspended it is nowhere, restored it is where it was', async () => {
    const { seed } = await open();
    const before = seed.addresses;
    const at = reach(seed);
    seed.suspend('a test');
    expect(seed.addresses).toEqual([]);
    for (const one of at) await expect(RawPeer.dial(one)).rejects.toEqual(refused);
    await seed.restore();
    expect(seed.addresses).toEqual(before);
    for (const one of at) (await RawPeer.dial(one)).destroy();
  });

  it('bound to an address it is there alone', async () => {
    const session = await createSession({ bind: '::1', workers: 0 });
    expect(session.addresses.map(({ host }) => host)).toEqual(['::1']);
    await session.close();
  });
});

describe.each(['http', 'udp'] as const)('a tracker over %s', scheme => {
  it('on both families: peers of either find a seed of both, and it has one row', async () => {
    fakeNames({ 'tracker.test': LOOPBACKS });
    const { stage, sample, tracker, seed } = await open({ [scheme]: { port: 0 } });
    const trackers = [[`${scheme}://tracker.test:${tracker[scheme]!.port}/announce`]];
    seed.torrents[0].setTrackers(trackers);
    await until('the seed to be known by both', () => tracker.stats().peers === 2);
    for (const [i, host] of LOOPBACKS.entries()) {
      const target = await openSession(stage, { dir: stage.path(`target${i}`), listen: { host } });
      const torrent = await target.add(sample.torrent, { trackers });
      await torrent.completed();
      expect(torrent.stats().downloaded).toBe(300 * KiB);
    }
    expect(seed.torrents[0].stats().trackers).toMatchObject([{ tier: 0, state: 'working' }]);
    expect(seed.light().announces).toMatchObject({ failed: 0 });
  });

  it('on ::1 alone', async () => {
    const { stage, sample, tracker, seed } = await open({ [scheme]: { host: '::1', port: 0 } });
    const trackers = [[tracker[scheme]!.url]];
    expect(trackers[0][0]).toContain('[::1]');
    seed.torrents[0].setTrackers(trackers);
    await until('the seed to be known', () => tracker.stats().peers === 1);
    const target = await openSession(stage, { dir: stage.path('target'), listen: { host: '::1' } });
    const torrent = await target.add(sample.torrent, { trackers });
    await torrent.completed();
    expect(torrent.stats().downloaded).toBe(300 * KiB);
  });
});
