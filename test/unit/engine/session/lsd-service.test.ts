import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { utf8 } from '../../../../src/engine/bytes.js';
import type { LocalInterface } from '../../../../src/engine/discovery/local-interfaces.js';
import type { LsdSocketOptions } from '../../../../src/engine/discovery/lsd-socket.js';
import type { InfoHash, PeerAddress } from '../../../../src/engine/ids.js';
import { IpRanges } from '../../../../src/engine/policy/ip-ranges.js';
import type { PeerSource } from '../../../../src/engine/policy/peer-list.js';
import { createRng } from '../../../../src/engine/policy/rng.js';
import { decodeLsdAnnounce, encodeLsdAnnounces } from '../../../../src/engine/protocol/lsd.js';
import type { Seeker } from '../../../../src/engine/session/discovery.js';
import { LsdService } from '../../../../src/engine/session/lsd-service.js';

const MINUTE_MS = 60_000;
const name = (i: number): InfoHash => i.toString(16).padStart(40, '0');
const face = (zone: string): LocalInterface => ({
  ...{ name: zone, zone, addresses: [], networks: new IpRanges([]) },
});

/** The group of one family, seen from a service. */
class FakeSocket {
  readonly sent: { port: number; infoHashes: readonly InfoHash[]; cookie?: string }[] = [];
  joined: LocalInterface[] = [];
  open = true;

  constructor(
    readonly options: LsdSocketOptions,
    readonly interfaces: () => LocalInterface[],
  ) {}

  async look(): Promise<boolean> {
    const before = this.joined;
    this.joined = !this.options.at.includes(':') ? this.interfaces() : [];
    return this.joined.length > before.length;
  }

  send(packet: Uint8Array): void {
    if (this.joined.length > 0) this.sent.push(decodeLsdAnnounce(packet)!);
  }

  close(): void {
    this.open = false;
    this.joined = [];
  }
}

class FakeSeeker implements Seeker {
  readonly complete = false;
  readonly seeks = true;
  readonly told: [PeerAddress, PeerSource][] = [];
  constructor(readonly infoHash: InfoHash) {}

  add(addresses: readonly PeerAddress[], source: PeerSource): void {
    for (const address of addresses) this.told.push([address, source]);
  }
}

class Scene {
  readonly sockets: FakeSocket[] = [];
  readonly complaints: string[] = [];
  address: PeerAddress | undefined = { host: '0.0.0.0', port: 6881 };
  interfaces = [face('eth0')];
  readonly service: LsdService;

  constructor(bind?: string) {
    const log = { debug: (_: object, text: string) => void this.complaints.push(text) };
    this.service = new LsdService({
      engine: { log, rng: createRng(1), options: { bind } } as never,
      listening: () => (this.address === undefined ? [] : [this.address]),
      openSocket: options => {
        const socket = new FakeSocket(options, () => this.interfaces);
        this.sockets.push(socket);
        return socket;
      },
    });
    onTestFinished(() => this.service.close());
  }

  /** That of IPv4 which is open. */
  get socket(): FakeSocket {
    return this.sockets.findLast(({ options, open }) => open && !options.at.includes(':'))!;
  }

  get open(): FakeSocket[] {
    return this.sockets.filter(({ open }) => open);
  }

  /** Ports that were told for the torrent, in order. */
  told(infoHash: InfoHash): number[] {
    const sent = this.sockets.flatMap(socket => socket.sent);
    return sent.filter(({ infoHashes }) => infoHashes.includes(infoHash)).map(({ port }) => port);
  }

  join(i: number): FakeSeeker {
    const seeker = new FakeSeeker(name(i));
    this.service.join(seeker);
    return seeker;
  }

  hear(from: string, port: number, infoHashes: InfoHash[], cookie = 'other'): void {
    for (const packet of encodeLsdAnnounces({ port, infoHashes, cookie }, 4))
      this.socket.options.onPacket(packet, { host: from, port: 6771 });
  }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
});

describe('what is announced', () => {
  it('is each torrent at once and every five minutes, together', async () => {
    const scene = new Scene();
    for (let i = 0; i < 20; i++) scene.join(i);
    await pass(1_000);
    expect(scene.socket.sent).toEqual([
      { port: 6881, infoHashes: Array.from({ length: 20 }, (_, i) => name(i)), cookie: expect.any(String) },
    ]);
    await pass(10 * MINUTE_MS);
    expect(scene.socket.sent).toHaveLength(3);
  });

  it('is nothing that has left', async () => {
    const scene = new Scene();
    const seeker = scene.join(1);
    await pass(1_000);
    scene.service.leave(seeker);
    scene.hear('10.0.0.1', 5, [name(1)]);
    await pass(20 * MINUTE_MS);
    expect(scene.told(name(1))).toEqual([6881]);
    expect(seeker.told).toEqual([]);
  });

  it('is a torrent whose magnet link has become it, no more than once a minute', async () => {
    const scene = new Scene();
    const phase = scene.join(1);
    await pass(1_000);
    const torrent = scene.join(1);
    scene.service.leave(phase);
    await pass(1_000);
    expect(scene.told(name(1))).toHaveLength(1);
    scene.hear('10.0.0.1', 5, [name(1)]);
    expect([phase.told.length, torrent.told.length]).toEqual([0, 1]);
    await pass(6 * MINUTE_MS);
    expect(scene.told(name(1)).length).toBeGreaterThan(1);
  });

  it('is nothing while the session does not listen or no interface has multicast', async () => {
    const scene = new Scene();
    const { address } = scene;
    scene.address = undefined;
    scene.service.moved();
    scene.join(1);
    scene.interfaces = [];
    await pass(2 * MINUTE_MS);
    scene.address = address;
    scene.service.moved();
    await pass(2 * MINUTE_MS);
    expect(scene.told(name(1))).toEqual([]);
    scene.interfaces = [face('eth0')];
    await pass(MINUTE_MS + 1_000);
    expect(scene.told(name(1))).toEqual([6881]);
  });

  it('is told again by an interface that has come', async () => {
    const scene = new Scene();
    scene.join(1);
    await pass(30_000);
    scene.interfaces = [face('eth0'), face('wlan0')];
    await pass(MINUTE_MS);
    expect(scene.told(name(1))).toEqual([6881, 6881]);
  });

  it('goes on where the session listens now', async () => {
    const scene = new Scene();
    scene.join(1);
    await pass(10_000);
    scene.address = { host: '0.0.0.0', port: 7000 };
    scene.service.moved();
    await pass(1_000);
    expect(scene.told(name(1))).toEqual([6881, 7000]);
    scene.service.moved(); // at a router
    await pass(2 * MINUTE_MS);
    expect(scene.told(name(1))).toEqual([6881, 7000]);
    expect(scene.sockets).toHaveLength(2);
    scene.address = { host: '192.168.1.5', port: 7000 };
    scene.service.moved();
    await pass(2 * MINUTE_MS);
    expect(scene.open.map(({ options }) => options.at)).toEqual(['192.168.1.5']);
    expect(scene.told(name(1))).toEqual([6881, 7000, 7000]);
  });
});

describe('what is heard', () => {
  it('are peers of torrents that are here', async () => {
    const scene = new Scene();
    const [one, two] = [scene.join(1), scene.join(2)];
    scene.hear('10.0.0.1', 5, [name(1), name(3)]);
    scene.hear('fe80::1%eth0', 6, [name(2), name(1)]);
    expect(one.told).toEqual([
      [{ host: '10.0.0.1', port: 5 }, 'lsd'],
      [{ host: 'fe80::1%eth0', port: 6 }, 'lsd'],
    ]);
    expect(two.told).toEqual([[{ host: 'fe80::1%eth0', port: 6 }, 'lsd']]);
  });

  it('is not the session itself, nor what is no announce', async () => {
    const scene = new Scene();
    const seeker = scene.join(1);
    await pass(1_000);
    const [{ cookie }] = scene.socket.sent;
    scene.hear('10.0.0.1', 5, [name(1)], cookie);
    scene.socket.options.onPacket(utf8('BT-SEARCH'), { host: '10.0.0.1', port: 5 });
    expect(seeker.told).toEqual([]);
  });

  it('is answered within seconds, once a minute', async () => {
    const scene = new Scene();
    scene.join(1);
    await pass(3 * MINUTE_MS);
    expect(scene.told(name(1))).toHaveLength(2); // by itself
    for (let i = 0; i < 60; i++) {
      scene.hear('10.0.0.1', 5, [name(1)]);
      await pass(1_000);
    }
    expect(scene.told(name(1))).toHaveLength(3);
  });

  it('is not more than 500 packets of a sender in ten seconds, and 5,000 of all', async () => {
    const scene = new Scene();
    const seeker = scene.join(1);
    for (let i = 0; i < 1_000; i++) scene.hear('10.0.0.1', 5, [name(1)]);
    expect(seeker.told).toHaveLength(500);
    scene.hear('10.0.0.2', 5, [name(1)]);
    expect(seeker.told).toHaveLength(501);
    for (let i = 0; i < 10_000; i++) scene.hear(`10.1.${i >> 8}.${i & 255}`, 5, [name(1)]);
    expect(seeker.told).toHaveLength(5_000);
    await pass(10_000);
    scene.hear('10.0.0.1', 5, [name(1)]);
    expect(seeker.told).toHaveLength(5_001);
  });
});

describe('without a network', () => {
  it('no socket is open and nothing is sent until it is back', async () => {
    const scene = new Scene('10.0.0.9');
    scene.join(1);
    await pass(1_000);
    scene.service.suspend();
    expect(scene.open).toEqual([]);
    scene.service.moved();
    await pass(20 * MINUTE_MS);
    expect(scene.open).toEqual([]);
    expect(scene.told(name(1))).toHaveLength(1);
    scene.service.restore();
    await pass(1_000);
    expect(scene.open).toHaveLength(1);
    expect(scene.told(name(1))).toHaveLength(2);
  });

  it('nothing stays behind when it is turned off', async () => {
    const scene = new Scene();
    scene.join(1);
    await pass(1_000);
    await scene.service.close();
    expect(scene.open).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that is closed while its sockets open leaves no timer', async () => {
    const scene = new Scene();
    scene.join(1);
    await scene.service.close();
    await pass(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('where the session is bound but does not listen, it hears others by that interface', () => {
  const scene = new Scene('10.0.0.9');
  scene.address = undefined;
  scene.service.moved();
  expect(scene.open.map(({ options }) => options.at)).toEqual(['10.0.0.9']);
});

it('trouble with an interface is logged', () => {
  const scene = new Scene();
  scene.socket.options.onTrouble('no multicast', { interface: 'eth0' });
  expect(scene.complaints).toEqual(['local service discovery: no multicast']);
});
