import { describe, expect, it } from 'vitest';
import type { Session } from '../../dist/index.js';
import { RawPeer } from '../hostile/raw-peer.js';
import { addressOf, KiB, makeSample, nextEvent, openSession, openStage } from '../lib/e2e-stage.js';
import { openUdpPort, SpyTracker } from '../lib/spy-tracker.js';

/** A seed and a downloader that is not yet done, with a tracker. */
async function transfer() {
  const stage = await openStage();
  const sample = await makeSample(stage, { 'a.bin': 512 * KiB }, { pieceLength: 16 * KiB });
  const tracker = await SpyTracker.open(stage);
  const trackers = [[tracker.url()]];
  const seed = await openSession(stage, { dir: sample.dir, limits: { up: 64 * KiB } });
  const seeding = await seed.add(sample.torrent, { check: 'seed', trackers });
  const target = await openSession(stage, { dir: stage.path('target') });
  const torrent = await target.add(sample.torrent, { peers: [addressOf(seed)], trackers: [] });
  await nextEvent(torrent, 'piece');
  await tracker.announces(1);
  return { stage, sample, tracker, seed, seeding, target, torrent };
}

const gone = async (session: Session, address = addressOf(session)) => {
  const error = await RawPeer.dial(address).then(
    () => undefined,
    error => error.code,
  );
  expect(error).toBe('ECONNREFUSED');
};

describe('session.suspend', () => {
  it('ends listener and links, and restore goes on where it was', async () => {
    const { tracker, seed, seeding, torrent } = await transfer();
    const address = addressOf(seed);
    const lost = nextEvent(seeding, 'peer-closed');
    const stranger = await RawPeer.dial(address);
    stranger.raw('\x13');
    seed.suspend('the tunnel is down');
    expect(seed.address).toBeUndefined();
    expect((await lost).code).toBe('ERR_NET_SUSPENDED');
    await gone(seed, address);
    expect(seed.stats()).toMatchObject({ suspended: 'the tunnel is down', connections: 0 });
    expect(seeding.state).toBe('seeding');
    expect(tracker.seen.map(({ query }) => query.get('event'))).toEqual(['started']);

    seed.setLimits({});
    await seed.restore();
    expect(seed.address).toEqual(address);
    expect(seed.stats().suspended).toBeUndefined();
    await tracker.announces(2);
    expect(tracker.seen[1].query.get('port')).toBe(String(address.port));
    torrent.addPeer(address);
    await torrent.completed();
  });

  it('who is suspended dials again when it is restored', async () => {
    const { seed, target, torrent } = await transfer();
    const lost = nextEvent(torrent, 'peer-closed');
    target.suspend('test');
    await lost;
    expect(torrent.state).toBe('downloading');
    expect(target.stats().connections).toBe(0);
    seed.setLimits({});
    await target.restore();
    expect(target.stats().connections).toBe(1);
    await torrent.completed();
  });

  it('ends announces under way, and makes none of torrents that are added or resumed', async () => {
    const { stage, tracker, seed, seeding } = await transfer();
    const udp = await openUdpPort(stage);
    const other = await makeSample(stage, { 'b.bin': KiB }, { name: 'other', seed: 2 });
    tracker.hold();
    seeding.pause();
    await tracker.announces(2); // 'stopped' waits for its answer
    seed.suspend('test');
    await tracker.left;
    tracker.release();
    seeding.resume();
    expect(seeding.state).toBe('seeding');
    const added = await seed.add(other.torrent, {
      dir: other.dir,
      check: 'seed',
      trackers: [[tracker.url()], [`udp://127.0.0.1:${udp.port}`]],
    });
    await added.checked();
    const { trackers } = added.stats();
    expect(trackers.map(({ state, lastMs, nextMs }) => [state, lastMs, nextMs])).toEqual([
      ['idle', undefined, undefined],
      ['idle', undefined, undefined],
    ]);
    await seeding.close();
    expect(tracker.seen).toHaveLength(2);
    await seed.restore();
    await tracker.announces(3);
    expect(tracker.seen[2].query.get('event')).toBe('started');
  });

  it('does not come back elsewhere: it stays suspended while its address cannot be had', async () => {
    const { stage, seed, torrent } = await transfer();
    const address = addressOf(seed);
    seed.suspend('test');
    await gone(seed, address);
    const thief = await openSession(stage, { listen: address });
    await expect(seed.restore()).rejects.toMatchObject({ code: 'ERR_NET_ADDRESS_IN_USE' });
    expect(seed.address).toBeUndefined();
    expect(seed.stats().suspended).toBe('test');
    await expect(seed.listenOn({ port: 0 })).rejects.toMatchObject({ code: 'ERR_NET_SUSPENDED' });
    await thief.close();
    await seed.restore();
    expect(seed.address).toEqual(address);
    torrent.addPeer(address);
    await nextEvent(torrent, 'peer');
  });

  it('while it is restored wins', async () => {
    const { seed } = await transfer();
    const address = addressOf(seed);
    seed.suspend('first');
    const restored = seed.restore();
    await Promise.resolve();
    seed.suspend('second');
    await expect(restored).rejects.toMatchObject({ code: 'ERR_NET_SUSPENDED', facts: { reason: 'second' } });
    await gone(seed, address);
    await seed.restore();
    expect(seed.address).toEqual(address);
  });

  it('can be closed', async () => {
    const { tracker, seed } = await transfer();
    seed.suspend('test');
    await seed.close();
    expect(tracker.seen).toHaveLength(1);
    expect(() => seed.suspend('again')).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
  });
});
