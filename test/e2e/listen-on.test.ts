import { describe, expect, it } from 'vitest';
import type { ListenAddress } from '../../dist/index.js';
import { decodeExtendedHandshake } from '../../src/engine/protocol/peer/extended.js';
import { RawPeer } from '../hostile/raw-peer.js';
import { addressOf, KiB, makeSample, nextEvent, openSeed, openSession, openStage } from '../lib/e2e-stage.js';
import { freePort } from '../lib/free-port.js';
import { SpyTracker } from '../lib/spy-tracker.js';

async function open() {
  const stage = await openStage();
  const sample = await makeSample(stage, { 'a.bin': 300 * KiB });
  return { stage, sample, seed: await openSeed(stage, sample) };
}

const refused = expect.objectContaining({ code: 'ECONNREFUSED' });

describe('session.listenOn', () => {
  it('moves the port: who is connected stays, the old port is closed, the new one takes peers', async () => {
    const { stage, sample, seed } = await open();
    const { infoHash, pieceCount } = sample.metainfo;
    const before = addressOf(seed);
    const old = await RawPeer.dial(before);
    old.expectPieces(pieceCount).handshake(infoHash);
    await old.message('have-all');
    const after = await seed.listenOn({ port: await freePort() });
    expect(after).toEqual(seed.address);
    expect(after.port).not.toBe(before.port);
    expect(after.host).toBe(before.host);
    await expect(RawPeer.dial(before)).rejects.toEqual(refused);
    old.send({ type: 'interested' });
    await old.message('unchoke');
    const target = await openSession(stage, { dir: stage.path('target') });
    const torrent = await target.add(sample.torrent, { peers: [after] });
    await torrent.completed();
    expect(old.socket.destroyed).toBe(false);
    old.destroy();
  });

  it('tells trackers of all torrents at once, whatever their interval', async () => {
    const { stage, sample, seed } = await open();
    const tracker = await SpyTracker.open(stage);
    const other = await makeSample(stage, { 'b.bin': KiB }, { name: 'other', seed: 2 });
    await seed.torrents[0].close();
    for (const { torrent, dir } of [sample, other])
      await seed.add(torrent, { dir, check: 'seed', trackers: [[tracker.url()]] });
    const [{ query }] = await tracker.announces(2);
    expect(query.get('port')).toBe(String(addressOf(seed).port));
    const { port } = await seed.listenOn({ port: 0 });
    const moved = await tracker.announces(2, announce => announce.query.get('port') === String(port));
    expect(new Set(moved.map(announce => announce.query.get('info_hash'))).size).toBe(2);
    expect(moved.map(announce => announce.query.get('event'))).toEqual([null, null]);
  });

  it('tells them of a magnet link, too, while its metadata is looked for', async () => {
    const stage = await openStage();
    const tracker = await SpyTracker.open(stage);
    const session = await openSession(stage);
    const ended = new AbortController();
    const magnet = `magnet:?xt=urn:btih:${'5a'.repeat(20)}&tr=${encodeURIComponent(tracker.url())}`;
    const added = session.add(magnet, { signal: ended.signal });
    const [{ query }] = await tracker.announces(1);
    expect(query.get('port')).toBe(String(addressOf(session).port));
    const { port } = await session.listenOn({ port: 0 });
    const [moved] = await tracker.announces(1, announce => announce.query.get('port') === String(port));
    expect(moved.query.get('event')).toBeNull();
    ended.abort();
    await expect(added).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  it('says so afterwards when an announce of the old port is under way', async () => {
    const { stage, sample, seed } = await open();
    const tracker = await SpyTracker.open(stage);
    await seed.torrents[0].close();
    tracker.hold();
    await seed.add(sample.torrent, { dir: sample.dir, check: 'seed', trackers: [[tracker.url()]] });
    await tracker.announces(1);
    const { port } = await seed.listenOn({ port: 0 });
    tracker.release();
    await tracker.announces(1, announce => announce.query.get('port') === String(port));
  });

  it('new peers learn the new port by the extension handshake', async () => {
    const { stage, sample, seed } = await open();
    const { port } = await seed.listenOn({ port: 0 });
    const target = await openSession(stage, { dir: stage.path('target') });
    const torrent = await target.add(sample.torrent);
    await torrent.checked();
    seed.torrents[0].addPeer(addressOf(target));
    await nextEvent(torrent, 'complete');
    const peer = await RawPeer.dial(addressOf(seed));
    peer.expectPieces(sample.metainfo.pieceCount).handshake(sample.metainfo.infoHash);
    const { payload } = await peer.message('extended');
    expect(Buffer.from(payload).toString('latin1')).toContain(`1:pi${port}e`);
    peer.destroy();
  });

  it('those who are connected learn it, too, so that they tell others of no port that is closed', async () => {
    const { sample, seed } = await open();
    const peer = await RawPeer.dial(addressOf(seed));
    peer.expectPieces(sample.metainfo.pieceCount).handshake(sample.metainfo.infoHash);
    const portTold = ({ payload }: { payload: Uint8Array }) => decodeExtendedHandshake(payload).port;
    expect(portTold(await peer.message('extended'))).toBe(addressOf(seed).port);
    const { port } = await seed.listenOn({ port: 0 });
    await peer.message('extended', message => portTold(message) === port);
    peer.destroy();
  });

  it('stays where it was when the port is taken', async () => {
    const { stage, seed } = await open();
    const other = await openSession(stage);
    const before = addressOf(seed);
    await expect(seed.listenOn({ port: addressOf(other).port })).rejects.toMatchObject({
      code: 'ERR_NET_ADDRESS_IN_USE',
    });
    expect(seed.address).toEqual(before);
    (await RawPeer.dial(before)).destroy();
  });

  it('of several calls at once the last one holds', async () => {
    const { seed } = await open();
    const before = addressOf(seed);
    const addresses = await Promise.all([0, 0, 0].map(port => seed.listenOn({ port })));
    expect(seed.address).toEqual(addresses[2]);
    for (const gone of [before, addresses[0], addresses[1]])
      await expect(RawPeer.dial(gone)).rejects.toEqual(refused);
    (await RawPeer.dial(addresses[2])).destroy();
  });

  it('begins to listen when the session did not', async () => {
    const stage = await openStage();
    const session = await openSession(stage, { listen: false });
    expect(session.address).toBeUndefined();
    const address = await session.listenOn({ host: '127.0.0.1' });
    (await RawPeer.dial(address)).destroy();
  });

  it('refuses what is no address, and does nothing in a closed session', async () => {
    const { seed } = await open();
    await expect(seed.listenOn({ port: 70_000 })).rejects.toMatchObject({ code: 'ERR_OPTION' });
    await expect(seed.listenOn(false as unknown as ListenAddress)).rejects.toMatchObject({
      code: 'ERR_OPTION',
    });
    const late = seed.listenOn({ port: 0 });
    const closing = seed.close();
    await expect(late).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await closing;
    await expect(seed.listenOn({ port: 0 })).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});
