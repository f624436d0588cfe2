import dns from 'node:dns';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ProxyAddress, SessionOptions } from '../../dist/index.js';
import { RawListener, RawPeer } from '../hostile/raw-peer.js';
import { addressOf, KiB, makeSample, nextEvent, openSeed, openSession, openStage } from '../lib/e2e-stage.js';
import { SocksServer, type SocksServerOptions } from '../lib/socks-server.js';
import { openUdpPort, SpyTracker } from '../lib/spy-tracker.js';

const LOGIN = { user: 'mill', password: 'race' };

/** A seed, and a session that has a proxy, with the sample still to fetch. */
async function open(options: SocksServerOptions = {}, proxy: Partial<ProxyAddress> = {}) {
  const stage = await openStage();
  const sample = await makeSample(stage, { 'a.bin': 300 * KiB });
  const socks = await SocksServer.open(stage, options);
  const session = await openSession(stage, {
    dir: stage.path('target'),
    proxy: { ...socks.address, ...proxy },
  });
  return { stage, sample, socks, session };
}

describe.each([
  ['without a password', {}],
  ['with user and password', LOGIN],
])('a proxy %s', (_name, login) => {
  it('carries a whole download', async () => {
    const { stage, sample, socks, session } = await open(login, login);
    const seed = await openSeed(stage, sample);
    const come = nextEvent(seed.torrents[0], 'peer');
    const torrent = await session.add(sample.torrent, { peers: [addressOf(seed)] });
    await torrent.completed();
    const [host, port] = (await come).address.split(':');
    expect(host).toBe('127.0.0.1');
    expect(socks.ports).toContain(Number(port));
    expect(socks.asked).toEqual([`127.0.0.1:${addressOf(seed).port}`]);
    expect(socks.logins).toEqual(login === LOGIN ? ['mill race'] : []);
  });

  it('is asked for trackers by their names, which are not looked up here', async () => {
    const names = { 'tracker.example': '127.0.0.1' };
    const { stage, sample, socks, session } = await open({ ...login, names }, login);
    const tracker = await SpyTracker.open(stage);
    const lookup = vi.spyOn(dns, 'lookup');
    onTestFinished(() => lookup.mockRestore());
    const url = tracker.url('tracker.example');
    const torrent = await session.add(sample.torrent, { trackers: [[url]] });
    await nextEvent(torrent, 'tracker', ({ state }) => state === 'working');
    expect(socks.asked).toEqual([`tracker.example:${tracker.port}`]);
    expect(tracker.seen).toHaveLength(1);
    expect(lookup.mock.calls.map(([name]) => name)).not.toContain('tracker.example');
  });
});

describe('nothing goes around a proxy', () => {
  it('not to UDP trackers, which are refused', async () => {
    const { stage, sample, socks, session } = await open();
    const udp = await openUdpPort(stage);
    const http = await SpyTracker.open(stage);
    let heard = false;
    void udp.from.then(() => {
      heard = true;
    });
    const trackers = [[`udp://127.0.0.1:${udp.port}`], [http.url()]];
    const torrent = await session.add(sample.torrent, { trackers });
    const failed = await nextEvent(torrent, 'tracker', ({ state }) => state === 'failed');
    expect(failed.error).toBe('tracker 127.0.0.1 is not asked: UDP does not go through the proxy');
    await http.announces(1);
    expect(heard).toBe(false);
    expect(socks.asked).toEqual([`127.0.0.1:${http.port}`]);
  });

  it.each<[string, SocksServerOptions, Partial<ProxyAddress>]>([
    ['that wants a password', LOGIN, {}],
    ['that does not like the password', LOGIN, { user: 'mill', password: 'stone' }],
    ['that is not there', {}, { port: 1 }],
  ])('%s', async (_name, server, proxy) => {
    const { stage, sample, socks, session } = await open(server, proxy);
    const peer = await RawListener.open();
    stage.defer(() => peer.close());
    const tracker = await SpyTracker.open(stage);
    const torrent = await session.add(sample.torrent, {
      peers: [peer.address],
      trackers: [[tracker.url()]],
    });
    const failed = await nextEvent(torrent, 'tracker', ({ state }) => state === 'failed');
    expect(failed.error).toMatch(/^no connection through the proxy: /);
    expect(failed.error).not.toContain('stone');
    await session.close();
    expect(peer.all).toEqual([]);
    expect(tracker.seen).toEqual([]);
    expect(socks.asked).toEqual([]);
  });

  it('to a peer that it cannot reach', async () => {
    const { sample, session, socks } = await open();
    const closings: unknown[] = [];
    const torrent = await session.add(sample.torrent, { peers: [{ host: '127.0.0.1', port: 1 }] });
    torrent.on('peer-closed', event => closings.push(event));
    await vi.waitFor(() => expect(socks.asked).toHaveLength(1), 10_000);
    await vi.waitFor(() => expect(session.stats().connections).toBe(0), 10_000);
    expect(closings).toEqual([]);
  });
});

describe('a session with a proxy', () => {
  it('hears what a peer says in one breath with the proxy', async () => {
    const handshakeOf = Buffer.from('\x13BitTorrent protocol', 'latin1').toString('latin1');
    const { stage, sample, session } = await open({ greeting: handshakeOf.slice(0, 20) });
    const listener = await RawListener.open();
    stage.defer(() => listener.close());
    const torrent = await session.add(sample.torrent, { peers: [listener.address] });
    const connected = nextEvent(torrent, 'peer');
    const peer = await listener.next();
    // The proxy has told the first 20 bytes of the handshake already.
    const whole: Buffer[] = [];
    const send = peer.socket.write.bind(peer.socket);
    peer.socket.write = ((bytes: Uint8Array) => whole.push(Buffer.from(bytes)) > 0) as never;
    peer.expectPieces(sample.metainfo.pieceCount).handshake(sample.metainfo.infoHash);
    send(Buffer.concat(whole).subarray(20));
    await connected;
  });

  it('takes those who dial it without the proxy, where the user wants that', async () => {
    const { sample, session, socks } = await open();
    await (await session.add(sample.torrent)).checked();
    const peer = await RawPeer.dial(addressOf(session));
    peer.expectPieces(sample.metainfo.pieceCount).handshake(sample.metainfo.infoHash);
    await peer.message('extended');
    peer.destroy();
    expect(socks.asked).toEqual([]);
  });

  it('keeps no connection to the proxy while it is suspended', async () => {
    const { stage, sample, socks, session } = await open();
    const tracker = await SpyTracker.open(stage);
    await session.add(sample.torrent, { trackers: [[tracker.url()]] });
    await tracker.announces(1);
    expect(socks.clients.size).toBe(1);
    session.suspend('test');
    await vi.waitFor(() => expect(socks.clients.size).toBe(0), { interval: 5, timeout: 10_000 });
    socks.hold = true;
    await session.restore();
    await vi.waitFor(() => expect(socks.clients.size).toBe(1), { interval: 5, timeout: 10_000 });
    session.suspend('while it negotiates');
    await vi.waitFor(() => expect(socks.clients.size).toBe(0), { interval: 5, timeout: 10_000 });
  });

  it.each<SessionOptions['proxy']>([
    { host: '', port: 1080 },
    { host: '127.0.0.1', port: 0 },
    { host: '127.0.0.1', port: 1080, user: 'only' },
    { host: '127.0.0.1', port: 1080, user: 'a', password: 'secret'.repeat(50) },
  ])('refuses %j', async proxy => {
    await expect(openSession(await openStage(), { proxy })).rejects.toMatchObject({
      code: 'ERR_OPTION',
      message: expect.not.stringContaining('secret'),
    });
  });
});
