import net from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openStage } from '../lib/e2e-stage.js';
import { until } from '../lib/until.js';
import { newPeerId, RawListener } from './raw-peer.js';
import { BLOCK, Honest, KiB, MiB, makeContent, Target } from './world.js';

const content = makeContent(10 * 32 * KiB + 5000);

describe('connections that say nothing', () => {
  it('1000 of them: an honest peer comes in at once, 200 are kept', async () => {
    const stage = await openStage();
    const target = await Target.seed(stage, content);
    const honest = await Honest.open(target);
    await floodWith(1000, target);
    await until('the excess to be closed', () => target.session.stats().connections <= 200);
    expect([...target.closed.values()][0]).toEqual({
      code: 'ERR_PEER_LIMIT',
      message: 'more than 200 connections have not said who they are',
    });
    await honest.fetch();
    target.hangUp();
    await target.idleTableBytes();
  });

  it('they do not keep the session from dialling', async () => {
    const stage = await openStage();
    const seed = await Target.seed(stage, content);
    const target = await Target.open(stage, content);
    await floodWith(100, target);
    const torrent = await target.fetch({ peers: [seed.session.address!] });
    await torrent.completed({ signal: AbortSignal.timeout(5_000) });
  });

  /** Half of them say the start of a handshake. */
  async function floodWith(count: number, target: Target): Promise<void> {
    for (let i = 0; i < count; i++) {
      const peer = await target.dial();
      if (i % 2 === 0) peer.raw('\x13BitTorrent');
    }
    await until('all to be seen', () => target.session.stats().connections + target.closings >= count);
  }
});

describe('addresses that lead nowhere', () => {
  it('60 that never answer hold up nobody', async () => {
    const stage = await openStage();
    const seed = await Target.seed(stage, content);
    const target = await Target.open(stage, content, { maxPeersPerTorrent: 400 });
    const silent: RawListener[] = [];
    for (let i = 0; i < 60; i++) {
      const listener = await RawListener.open();
      stage.defer(() => listener.close());
      silent.push(listener);
    }
    const torrent = await target.fetch({ peers: silent.map(listener => listener.address) });
    await until('50 connects under way', () => target.session.stats().connections >= 50);
    expect(target.session.stats().connections, 'half-open at most').toBe(50);
    const fromOutside = await target.dial();
    fromOutside.handshake(target.infoHash);
    await fromOutside.until('peer id', () => fromOutside.count('peer-id') > 0);
    await torrent.close();
    await seed.session.close();
  });
});

describe('one peer id, twice', () => {
  it('from one host: the second is refused', async () => {
    const stage = await openStage();
    const target = await Target.seed(stage, content);
    const id = newPeerId();
    const first = await target.join({}, id);
    const second = await target.dial();
    second.handshake(target.infoHash, {}, id);
    await second.gone;
    expect((await target.closeOf(second)).code).toBe('ERR_PEER_DUPLICATE');
    expect(first.socket.destroyed).toBe(false);
  });

  it('from another host: neither pushes the other out, whoever dialled', async () => {
    const stage = await openStage();
    const target = await Target.open(stage, content);
    const listener = await target.listener();
    const torrent = await target.fetch({ peers: [listener.address] });
    // Greater than ours: between two sessions that dial each other, the connection of this one would be kept.
    const id = newPeerId().fill(0xff);
    const honest = await listener.next();
    honest.handshake(target.infoHash, {}, id);
    await honest.until('peer id', () => honest.count('peer-id') > 0);
    const thief = await target.dial('127.0.0.9');
    thief.handshake(target.infoHash, {}, id);
    await thief.until('peer id', () => thief.count('peer-id') > 0);
    await until('both', () => torrent.stats().peers.length === 2);
    expect(honest.socket.destroyed).toBe(false);
    await torrent.close();
  });
});

describe('too many peers', () => {
  it('with good manners: those above the limit are refused with it', async () => {
    const stage = await openStage();
    const target = await Target.seed(stage, content, { maxPeersPerTorrent: 5 });
    for (let i = 0; i < 5; i++) await target.join();
    const sixth = await target.dial();
    sixth.handshake(target.infoHash);
    await sixth.gone;
    expect(await target.closeOf(sixth)).toEqual({ code: 'ERR_PEER_LIMIT', message: '5 peers, at most 5' });
    target.hangUp();
    await target.idleTableBytes();
    await (await Honest.open(target)).fetch();
  });
});

/** The engine's clock and timers go by hand here; sockets and immediates by themselves. */
describe('time-outs', () => {
  const TIMERS = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] as const;
  afterEach(() => void vi.useRealTimers());

  /** Lets sockets do what they can. */
  async function rounds(count = 50): Promise<void> {
    for (let i = 0; i < count; i++) await new Promise(setImmediate);
  }

  async function seen(target: Target): Promise<void> {
    while (target.session.stats().connections === 0) await rounds(1);
  }

  async function pass(seconds: number, each: () => void = () => {}): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      each();
      await rounds(4);
      vi.advanceTimersByTime(1000);
      await rounds(4);
    }
  }

  it('a handshake, a byte a second: the end after 10 s', async () => {
    const stage = await openStage();
    const target = await Target.seed(stage, content);
    vi.useFakeTimers({ toFake: [...TIMERS] });
    const peer = await target.dial();
    await seen(target);
    const header = '\x13BitTorrent protocol';
    let at = 0;
    await pass(9, () => void peer.raw(header[at++]));
    expect(peer.socket.destroyed).toBe(false);
    await pass(2, () => void peer.raw(header[at++]));
    await peer.gone;
    await rounds();
    expect(target.closed.get(peer.name)).toEqual({
      code: 'ERR_PEER_TIMEOUT',
      message: 'no handshake within 10 s',
    });
  });

  it('a dialled peer that says nothing: the end after 15 s', async () => {
    const stage = await openStage();
    const target = await Target.open(stage, content);
    vi.useFakeTimers({ toFake: [...TIMERS] });
    const server = net.createServer();
    stage.defer(() => server.close());
    const connected = new Promise<net.Socket>(resolve => server.on('connection', resolve));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    await target.fetch({ peers: [{ host: '127.0.0.1', port }] });
    const socket = await connected;
    await rounds();
    await pass(14);
    expect(target.closed.size).toBe(0);
    await pass(2);
    await rounds();
    expect(target.closed.get(`127.0.0.1:${port}`)?.message).toBe('no handshake within 15 s');
    socket.destroy();
  });

  it('a message of 1 MiB, a byte a second: silence all the same, the end after 120 s', async () => {
    const stage = await openStage();
    const target = await Target.seed(stage, content);
    vi.useFakeTimers({ toFake: [...TIMERS] });
    const peer = await target.join();
    peer.raw(Uint8Array.of(0, 0x0f, 0, 0, 20, 0));
    await pass(118, () => void peer.raw('d'));
    expect(peer.socket.destroyed).toBe(false);
    await pass(4, () => void peer.raw('d'));
    await peer.gone;
    expect(target.closed.get(peer.name)).toEqual({ code: 'ERR_PEER_TIMEOUT', message: 'silent for 120 s' });
  });

  it('a peer that never reads but sends keep-alives: the end after 120 s, and its memory comes back', async () => {
    const stage = await openStage();
    const large = makeContent(16 * MiB, { pieceLength: 256 * KiB });
    const target = await Target.seed(stage, large, { memoryBytes: 32 * MiB });
    vi.useFakeTimers({ toFake: [...TIMERS] });
    const peer = await target.join();
    peer.send({ type: 'interested' });
    await peer.message('unchoke');
    peer.socket.pause();
    for (let at = 0; at < 16 * MiB; at += BLOCK)
      peer.send({
        type: 'request',
        piece: Math.floor(at / (256 * KiB)),
        begin: at % (256 * KiB),
        length: BLOCK,
      });
    const sent = () => target.session.stats().torrents[0].uploaded;
    // Pieces are read from disk in real time: what counts is how long nothing has left.
    while (sent() === 0) await rounds(1);
    let before = 0;
    let quietS = 0;
    while (target.closed.size === 0) {
      await pass(1, () => void peer.raw(new Uint8Array(4)));
      quietS = before === sent() ? quietS + 1 : 0;
      before = sent();
    }
    expect(before, 'bytes in the queues').toBeLessThan(16 * MiB);
    expect(quietS).toBeGreaterThanOrEqual(118);
    expect(quietS).toBeLessThanOrEqual(124);
    expect(target.closed.get(peer.name)).toEqual({
      code: 'ERR_PEER_TIMEOUT',
      message: 'took nothing for 120 s',
    });
    vi.useRealTimers();
    await (await Honest.open(target)).fetch();
  });
});
