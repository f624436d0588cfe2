import { once } from 'node:events';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MillraceError } from '../../../../src/engine/errors.js';
import { type Listener, listen } from '../../../../src/engine/net/listener.js';
import { PeerSocket, type PeerSocketOwner, plainHost } from '../../../../src/engine/net/peer-socket.js';
import { sampleBytes } from '../../../lib/sample-files.js';

const REGION = 16 * 1024;

/** Collects what a socket says; `quota` bytes may still be read. */
class Owner implements PeerSocketOwner {
  readonly region = { bytes: new Uint8Array(new SharedArrayBuffer(REGION)) };
  readonly chunks: Uint8Array[] = [];
  readonly reads: number[] = [];
  quota = Number.POSITIVE_INFINITY;
  connected = 0;
  drained = 0;
  closed: (MillraceError | undefined)[] = [];
  readonly #watchers = new Set<() => void>();

  onConnect(): void {
    this.connected++;
    this.#wake();
  }
  onBytes(length: number): void {
    this.chunks.push(this.region.bytes.slice(0, length));
    this.reads.push(length);
    this.quota -= length;
    this.#wake();
  }
  readQuota(): number {
    return Math.max(0, this.quota);
  }
  onDrain(): void {
    this.drained++;
    this.#wake();
  }
  onClose(error: MillraceError | undefined): void {
    this.closed.push(error);
    this.#wake();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  async until(reached: () => boolean): Promise<void> {
    while (!reached()) await new Promise<void>(resolve => this.#watchers.add(resolve));
  }

  #wake(): void {
    for (const watch of this.#watchers) watch();
    this.#watchers.clear();
  }
}

describe.each(['dialled', 'accepted'])('a %s connection', kind => {
  let other: net.Socket;
  let owner: Owner;
  let socket: PeerSocket;
  let listener: Listener | net.Server;

  beforeEach(async () => {
    owner = new Owner();
    if (kind === 'dialled') {
      const server = net.createServer();
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const accepted = once(server, 'connection');
      const { port } = server.address() as net.AddressInfo;
      socket = PeerSocket.dial({ host: '127.0.0.1', port }, owner.region, owner);
      [other] = await accepted;
      await owner.until(() => owner.connected === 1);
      listener = server;
    } else {
      const adopted = new Promise<void>(resolve => {
        const accept = (accepted: net.Socket) => {
          socket = PeerSocket.adopt(accepted, owner.region, owner);
          resolve();
        };
        void listen({ host: '127.0.0.1', port: 0 }, accept).then(listening => {
          listener = listening;
          other = net.connect(listening.addresses[0]);
        });
      });
      await adopted;
      if (other.connecting) await once(other, 'connect');
    }
    other.on('error', () => {});
  });
  afterEach(async () => {
    socket.destroy();
    other.destroy();
    await listener.close();
  });

  it('reads into the region, in order', async () => {
    const sent = sampleBytes(300_000, 1);
    other.write(sent);
    await owner.until(() => owner.bytes.length === sent.length);
    expect(owner.bytes.equals(sent)).toBe(true);
    expect(Math.max(...owner.reads)).toBeLessThanOrEqual(REGION);
  });

  it('takes bytes that come with the connection itself', async () => {
    // The other side wrote before we could have asked for anything: nothing of it may be lost.
    other.write('first');
    await owner.until(() => owner.bytes.length === 5);
    expect(owner.bytes.toString()).toBe('first');
  });

  it('reads no more than its quota, then pauses until it is resumed', async () => {
    const sent = sampleBytes(5001, 2);
    // Node asks for the buffer of the next read right after one, so the first read still has all of the region.
    owner.quota = 1001;
    other.write(sent.subarray(0, 1));
    await owner.until(() => owner.bytes.length === 1);
    other.write(sent.subarray(1));
    await owner.until(() => owner.bytes.length === 1001);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(owner.bytes.length).toBe(1001);
    owner.quota = 3000;
    socket.resumeReading();
    await owner.until(() => owner.bytes.length === 4001);
    owner.quota = Number.POSITIVE_INFINITY;
    socket.resumeReading();
    await owner.until(() => owner.bytes.length === sent.length);
    expect(owner.bytes.equals(sent)).toBe(true);
  });

  it('tells when bytes have left, once each', async () => {
    const flushed: number[] = [];
    const received: Buffer[] = [];
    other.on('data', chunk => received.push(chunk));
    socket.cork();
    for (let i = 0; i < 3; i++) socket.write(sampleBytes(100, i), () => flushed.push(i));
    expect(socket.queuedBytes).toBe(300);
    socket.uncork();
    while (Buffer.concat(received).length < 300) await once(other, 'data');
    while (flushed.length < 3) await new Promise(setImmediate);
    expect(flushed).toEqual([0, 1, 2]);
    expect(socket.queuedBytes).toBe(0);
  });

  it('a full socket tells when it has drained', async () => {
    other.pause();
    while (socket.queuedBytes < 1_000_000) socket.write(new Uint8Array(256 * 1024));
    expect(owner.drained).toBe(0);
    other.resume();
    await owner.until(() => owner.drained > 0);
    expect(socket.queuedBytes).toBe(0);
  });

  it('destroyed: calls back what was not sent, and tells its owner why, once', async () => {
    let flushed = 0;
    other.pause();
    for (let i = 0; i < 40; i++) socket.write(new Uint8Array(256 * 1024), () => flushed++);
    const reason = new MillraceError('ERR_PEER_BANNED', 'no more');
    socket.destroy(reason);
    socket.destroy(new MillraceError('ERR_CLOSED', 'too late'));
    expect(socket.closed).toBe(true);
    await owner.until(() => owner.closed.length > 0);
    while (flushed < 40) await new Promise(setImmediate);
    expect(owner.closed).toEqual([reason]);
    socket.resumeReading();
    socket.write(new Uint8Array(1), () => flushed++);
    while (flushed < 41) await new Promise(setImmediate);
    expect(owner.closed).toEqual([reason]);
  });

  it('closed in good order by the other side: no error', async () => {
    other.end('bye');
    await owner.until(() => owner.closed.length > 0);
    expect(owner.bytes.toString()).toBe('bye');
    expect(owner.closed).toEqual([undefined]);
  });

  it('reset by the other side: ERR_NET_RESET', async () => {
    other.resetAndDestroy();
    await owner.until(() => owner.closed.length > 0);
    expect(owner.closed[0]).toMatchObject({ code: 'ERR_NET_RESET' });
  });

  it('knows who is at the other end', () => {
    expect(socket.remoteAddress).toEqual({ host: '127.0.0.1', port: other.localPort });
  });
});

describe('dialling', () => {
  it('nobody there: ERR_NET_REFUSED', async () => {
    const server = net.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    await new Promise(resolve => server.close(resolve));
    const owner = new Owner();
    PeerSocket.dial({ host: '127.0.0.1', port }, owner.region, owner);
    await owner.until(() => owner.closed.length > 0);
    expect(owner.closed[0]).toMatchObject({ code: 'ERR_NET_REFUSED', facts: { osCode: 'ECONNREFUSED' } });
    expect(owner.connected).toBe(0);
  });
});

describe('listen', () => {
  it('a port that is taken, an address that is not here', async () => {
    const first = await listen({ host: '127.0.0.1', port: 0 }, () => {});
    await expect(listen(first.addresses[0], () => {})).rejects.toMatchObject({
      code: 'ERR_NET_ADDRESS_IN_USE',
    });
    await expect(listen({ host: '192.0.2.1', port: 0 }, () => {})).rejects.toMatchObject({
      code: 'ERR_NET_ADDRESS',
    });
    await first.close();
    await (await listen(first.addresses[0], () => {})).close();
  });

  it('close waits for nobody: what was handed over lives on', async () => {
    const owner = new Owner();
    let socket: PeerSocket | undefined;
    const listener = await listen({ host: '127.0.0.1', port: 0 }, accepted => {
      socket = PeerSocket.adopt(accepted, owner.region, owner);
    });
    const other = net.connect(listener.addresses[0]);
    other.write('a');
    await owner.until(() => owner.bytes.length === 1);
    await listener.close();
    other.write('b');
    await owner.until(() => owner.bytes.length === 2);
    socket?.destroy();
    await once(other, 'close');
  });
});

it('plainHost takes IPv4 out of its IPv6 dress and leaves the rest', () => {
  expect(plainHost('::ffff:10.0.0.1')).toBe('10.0.0.1');
  for (const host of ['10.0.0.1', '::1', 'fe80::ffff:1', '::ffff:a:b']) expect(plainHost(host)).toBe(host);
});
