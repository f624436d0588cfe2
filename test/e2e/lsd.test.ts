import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formatAddress, formatMagnet, type Session, type SessionOptions } from '../../dist/index.js';
import { RawListener } from '../hostile/raw-peer.js';
import { addressOf, KiB, makeSample, openSession, openStage } from '../lib/e2e-stage.js';
import { LsdSpy } from '../lib/lsd-spy.js';
import { SocksServer } from '../lib/socks-server.js';
import type { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';

/** Random, or runs of this file on one machine would find each other. */
const makeOwnSample = (stage: Stage, name = 'sample') =>
  makeSample(stage, { [`${name}/a.bin`]: 300 * KiB }, { name, seed: randomInt(2 ** 31) });

async function scene() {
  const stage = await openStage();
  const sample = await makeOwnSample(stage);
  const spy = await LsdSpy.open(stage);
  const open = (options?: SessionOptions) => openSession(stage, { lsd: true, pex: false, ...options });
  const seed = async (options?: SessionOptions) => {
    const session = await open({ dir: sample.dir, ...options });
    await (await session.add(sample.torrent, { check: 'seed' })).checked();
    return session;
  };
  return { stage, sample, spy, open, seed, infoHash: sample.metainfo.infoHash };
}

/** How many are connected with the first, directly or by way of others. */
function reached(sessions: readonly Session[]): number {
  const nameOf = (session: Session) => formatAddress(addressOf(session));
  const seen = new Set([sessions[0]]);
  const dials = (from: Session, to: Session) =>
    from.torrents[0].stats().peers.some(({ incoming, address }) => !incoming && address === nameOf(to));
  for (const one of seen)
    for (const other of sessions) if (dials(one, other) || dials(other, one)) seen.add(other);
  return seen.size;
}

const portOf = (session: Session) => addressOf(session).port;

describe('local service discovery', () => {
  it('a magnet link and nothing else leads to the torrent', async () => {
    const { stage, open, seed, infoHash } = await scene();
    await seed();
    const session = await open({ dir: stage.path('target') });
    const torrent = await session.add(formatMagnet({ infoHash }));
    await torrent.completed();
  });

  it('ten who know of nobody become one swarm, and finish once one of them has it all', async () => {
    const { stage, sample, open } = await scene();
    const sessions: Session[] = [];
    for (let i = 0; i < 10; i++) {
      const session = await open({ dir: stage.path(`peer${i}`), workers: 0 });
      await session.add(sample.torrent);
      sessions.push(session);
    }
    await until('one swarm', () => reached(sessions) === sessions.length);
    const seed = await open({ dir: sample.dir });
    await seed.add(sample.torrent, { check: 'seed' });
    await Promise.all(sessions.map(session => session.torrents[0].completed()));
  });

  it('is told where the session listens, once, and not twice within a minute', async () => {
    const { spy, seed, infoHash } = await scene();
    const session = await seed();
    const [announce] = await spy.announces(infoHash);
    expect(announce).toMatchObject({ from: '127.0.0.1', port: portOf(session), infoHashes: [infoHash] });
    const [torrent] = session.torrents;
    torrent.pause();
    torrent.resume();
    spy.announce(9, infoHash);
    const other = await seed({ stateDir: undefined });
    await spy.announces(infoHash, 1, ({ port }) => port === portOf(other));
    expect(spy.of(infoHash).filter(({ port }) => port === portOf(session))).toHaveLength(1);
  });

  it('tells all torrents of a session in one packet', async () => {
    const { stage, sample, spy, seed, infoHash } = await scene();
    const session = await seed();
    const { torrent, dir, metainfo } = await makeOwnSample(stage, 'other');
    session.setDiscovery({ lsd: false });
    await (await session.add(torrent, { dir, check: 'seed' })).checked();
    session.setDiscovery({ lsd: true });
    const [announce] = await spy.announces(metainfo.infoHash);
    expect(new Set(announce.infoHashes)).toEqual(new Set([infoHash, metainfo.infoHash]));
    expect(sample.metainfo.infoHash).toBe(infoHash);
  });

  it('tells a new port at once', async () => {
    const { spy, seed, infoHash } = await scene();
    const session = await seed();
    await spy.announces(infoHash);
    const { port } = await session.listenOn({ port: 0 });
    await spy.announces(infoHash, 1, announce => announce.port === port);
  });

  it('dials whoever announces a torrent of ours', async () => {
    const { stage, spy, open, sample, infoHash } = await scene();
    const peer = await RawListener.open();
    stage.defer(() => peer.close());
    const session = await open({ dir: stage.path('target') });
    await session.add(sample.torrent);
    await spy.announces(infoHash);
    spy.announce(peer.address.port, infoHash);
    await peer.next();
    expect(session.torrents[0].stats().knownPeers).toBe(1);
  });

  it('hears others while it does not listen, and tells nothing', async () => {
    const { stage, spy, open, sample, infoHash } = await scene();
    const peer = await RawListener.open();
    stage.defer(() => peer.close());
    const session = await open({ dir: stage.path('target'), listen: false, bind: '127.0.0.1' });
    await session.add(sample.torrent);
    const dialled = peer.next();
    const again = setInterval(() => spy.announce(peer.address.port, infoHash), 100);
    await dialled;
    clearInterval(again);
    expect(new Set(spy.of(infoHash).map(({ port }) => port))).toEqual(new Set([peer.address.port]));
  });
});

describe('nothing is told or heard', () => {
  /** What has not been told by the time that a session which began later has told its own, will not be. */
  async function silent(session: Session, { spy, seed, infoHash }: Awaited<ReturnType<typeof scene>>) {
    const peer = await RawListener.open();
    spy.announce(peer.address.port, infoHash);
    const witness = await seed();
    await spy.announces(infoHash, 1, ({ port }) => port === portOf(witness));
    expect(spy.of(infoHash).filter(({ port }) => port === session.address?.port)).toEqual([]);
    expect(session.torrents[0].stats().knownPeers).toBe(0);
    expect(peer.all).toEqual([]);
    peer.close();
  }

  it('without the option', async () => {
    const it = await scene();
    await silent(await it.seed({ lsd: undefined }), it);
  });

  it('behind a proxy', async () => {
    const it = await scene();
    const { address } = await SocksServer.open(it.stage);
    await silent(await it.seed({ proxy: address }), it);
  });

  it('while suspended; what was there is told again afterwards', async () => {
    const it = await scene();
    const session = await it.seed({ suspended: 'a test' });
    await silent(session, it);
    await session.restore();
    await it.spy.announces(it.infoHash, 1, ({ port }) => port === portOf(session));
  });

  it('once it is turned off; and it can be turned on again', async () => {
    const it = await scene();
    const session = await it.seed({ lsd: false });
    session.setDiscovery({ lsd: true });
    await it.spy.announces(it.infoHash, 1, ({ port }) => port === portOf(session));
    session.setDiscovery({ lsd: false });
    it.spy.heard.length = 0;
    await silent(session, it);
    session.setDiscovery({ lsd: true });
    await it.spy.announces(it.infoHash, 1, ({ port }) => port === portOf(session));
  });

  it('by a torrent that is paused', async () => {
    const it = await scene();
    const session = await it.open();
    const torrent = await session.add(it.sample.torrent, { paused: true, dir: it.sample.dir, check: 'seed' });
    await torrent.checked();
    await silent(session, it);
    torrent.resume();
    await it.spy.announces(it.infoHash, 1, ({ port }) => port === portOf(session));
  });
});
