import { describe, expect, it } from 'vitest';
import { RawListener, RawPeer } from '../hostile/raw-peer.js';
import { addressOf, KiB, makeSample, nextEvent, openSeed, openSession, openStage } from '../lib/e2e-stage.js';

async function open(options = {}) {
  const stage = await openStage();
  const sample = await makeSample(stage, { 'a.bin': 300 * KiB });
  const seed = await openSeed(stage, sample, options);
  /** A peer whose handshake is over. */
  const greet = async (host?: string) => {
    const peer = await RawPeer.dial(addressOf(seed), host);
    peer.expectPieces(sample.metainfo.pieceCount).handshake(sample.metainfo.infoHash);
    await peer.message('extended');
    return peer;
  };
  stage.defer(() => seed.close());
  return { stage, sample, seed, greet };
}

describe('maxConnections', () => {
  it('refuses who comes when all places are taken, and takes them when one is free', async () => {
    const { seed, greet } = await open({ maxConnections: 2 });
    const [first, second] = [await greet(), await greet()];
    const third = await RawPeer.dial(addressOf(seed));
    await third.gone;
    expect(seed.stats().connections).toBe(2);
    expect(second.socket.destroyed).toBe(false);
    first.destroy();
    await nextEvent(seed.torrents[0], 'peer-closed');
    await greet();
  });

  it('strangers who say nothing give way', async () => {
    const { seed, greet } = await open({ maxConnections: 3 });
    const known = await greet();
    const silent = [await RawPeer.dial(addressOf(seed)), await RawPeer.dial(addressOf(seed))];
    await greet();
    await silent[0].gone;
    expect(silent[1].socket.destroyed).toBe(false);
    expect(known.socket.destroyed).toBe(false);
    expect(seed.stats().connections).toBe(3);
  });

  it('holds for dialling too, and changes live', async () => {
    const { stage, sample } = await open();
    const session = await openSession(stage, { dir: stage.path('target'), maxConnections: 1 });
    const listener = await RawListener.open();
    const other = await RawListener.open();
    stage.defer(() => [listener, other].map(one => one.close()));
    const torrent = await session.add(sample.torrent, { peers: [listener.address] });
    await listener.next();
    torrent.addPeer(other.address);
    expect(session.stats().connections).toBe(1);
    session.setMaxConnections(undefined);
    torrent.addPeer({ host: '127.0.0.1', port: 1 }); // looks who is still to be dialled
    await other.next();
    expect(() => session.setMaxConnections(0)).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }));
  });
});

describe.skipIf(process.platform !== 'linux')('setBlocked', () => {
  const BAD = '127.0.0.66';

  it('ends connections with those that are blocked, lets none in, and lets them in again', async () => {
    const { seed, greet } = await open();
    const [good, bad] = [await greet(), await greet(BAD)];
    const closed = nextEvent(seed.torrents[0], 'peer-closed');
    seed.setBlocked(host => host === BAD);
    await bad.gone;
    expect((await closed).code).toBe('ERR_PEER_BLOCKED');
    expect(seed.stats().blocked).toBe(1);
    await (await RawPeer.dial(addressOf(seed), BAD)).gone;
    expect(seed.stats()).toMatchObject({ blocked: 2, connections: 1 });
    expect(good.socket.destroyed).toBe(false);
    seed.setBlocked(undefined);
    await greet(BAD);
  });

  it('dials none of them', async () => {
    const { stage, sample } = await open();
    const session = await openSession(stage, { dir: stage.path('target') });
    session.setBlocked(host => host === BAD);
    const [bad, good] = [await RawListener.open(BAD), await RawListener.open()];
    stage.defer(() => [bad, good].map(one => one.close()));
    await session.add(sample.torrent, { peers: [bad.address, good.address] });
    await good.next();
    expect(bad.all).toEqual([]);
    expect(session.stats().blocked).toBe(1);
  });
});
