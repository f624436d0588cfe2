import { describe, expect, it } from 'vitest';
import {
  type Ending,
  MAX_CANDIDATES,
  MAX_FAILURES,
  MAX_OWN,
  MAX_PORTS_PER_HOST,
  PeerList,
  type PeerListOptions,
  RETRY_FIRST_MS,
  RETRY_LOST_MS,
  RETRY_MAX_MS,
} from '../../../../src/engine/policy/peer-list.js';
import { createRng } from '../../../../src/engine/policy/rng.js';

const list = (options: Partial<PeerListOptions> = {}) => new PeerList({ rng: createRng(1), ...options });
const at = (n: number, port = 6881) => ({ host: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, port });
const drain = (peers: PeerList, nowMs = 0) => {
  const found = [];
  for (let next = peers.next(nowMs); next; next = peers.next(nowMs)) found.push(next);
  return found;
};

describe('peer list', () => {
  it('gives each address once, in an order that the seed decides', () => {
    const addresses = Array.from({ length: 50 }, (_, n) => at(n + 1));
    const order = (seed: number) => {
      const peers = list({ rng: createRng(seed) });
      expect(peers.add([...addresses, ...addresses], 'tracker')).toBe(50);
      return drain(peers);
    };
    expect(order(1)).toEqual(order(1));
    expect(order(1)).not.toEqual(order(2));
    expect(new Set(order(1).map(({ host }) => host)).size).toBe(50);
  });

  it.each([
    ['', 1],
    ['peer.example', 1],
    ['10.0.0.1', 0],
    ['10.0.0.1', 65536],
    ['10.0.0.1', 1.5],
    ['10.0.0.1', Number.NaN],
    ['0.0.0.0', 1],
    ['0.1.2.3', 1],
    ['224.0.0.1', 1],
    ['255.255.255.255', 1],
    ['::', 1],
    ['ff02::1', 1],
    ['::ffff:239.1.1.1', 1],
    ['01.2.3.4', 1],
  ])('refuses %s port %d', (host, port) => {
    expect(list().add([{ host, port }], 'tracker')).toBe(0);
  });

  it('takes loopback unless told not to, without a cap per host', () => {
    const loopback = [
      { host: '127.0.0.1', port: 1 },
      { host: '::1', port: 1 },
      { host: '::ffff:127.0.0.1', port: 2 },
    ];
    expect(list().add(loopback, 'lsd')).toBe(3);
    expect(list({ allowLoopback: false }).add(loopback, 'lsd')).toBe(0);
    const many = Array.from({ length: 200 }, (_, i) => ({ host: '127.0.0.1', port: i + 1 }));
    expect(list().add(many, 'tracker')).toBe(200);
  });

  it('spells an address in one way', () => {
    const peers = list();
    peers.add([{ host: '2001:DB8:0::1', port: 5 }], 'pex');
    expect(peers.add([{ host: '2001:db8::1', port: 5 }], 'tracker')).toBe(0);
    expect(peers.next(0)).toEqual({ host: '2001:db8::1', port: 5 });
    peers.add([{ host: '::ffff:10.0.0.9', port: 5 }], 'pex');
    expect(peers.add([{ host: '10.0.0.9', port: 5 }], 'pex')).toBe(0);
  });

  it('takes the zone of a link-local address from those who can know it', () => {
    const zoned = { host: 'FE80:0::1%eth0', port: 5 };
    for (const source of ['tracker', 'pex', 'dht'] as const) expect(list().add([zoned], source)).toBe(0);
    const peers = list();
    expect(peers.add([zoned, { host: 'fe80::1%eth0', port: 5 }, { host: 'fe80::1%3', port: 5 }], 'lsd')).toBe(
      2,
    );
    const first = peers.next(0)!;
    expect(['fe80::1%eth0', 'fe80::1%3']).toContain(first.host);
  });

  it.each([
    '127.0.0.1%lo',
    '2001:db8::1%eth0',
    'fe80::1%',
    'fe80::1%a b',
    'fe80::1%eth0%1',
    `fe80::1%${'x'.repeat(33)}`,
  ])('refuses %s', host => {
    expect(list().add([{ host, port: 5 }], 'lsd')).toBe(0);
  });

  it('keeps a bounded number of addresses, and few of one host', () => {
    const peers = list();
    peers.add(
      Array.from({ length: 5000 }, (_, n) => at(n + 1)),
      'tracker',
    );
    expect(peers.size).toBe(MAX_CANDIDATES);
    const victim = list();
    victim.add(
      Array.from({ length: 1000 }, (_, i) => ({ host: '192.0.2.1', port: i + 1 })),
      'tracker',
    );
    expect(victim.size).toBe(MAX_PORTS_PER_HOST);
  });

  it.each(['pex', 'dht', 'lsd', 'incoming'] as const)('whoever names many by %s has his share', source => {
    const many = (first: number) => Array.from({ length: 5000 }, (_, n) => at(first + n));
    const peers = list();
    peers.add(many(1), source);
    expect(peers.size).toBeLessThanOrEqual(MAX_CANDIDATES / 3);
    const share = peers.size;
    expect(share).toBeGreaterThanOrEqual(MAX_CANDIDATES / 6);
    expect(peers.add(many(10_000), 'tracker')).toBe(MAX_CANDIDATES); // they give way
    expect(peers.size).toBe(MAX_CANDIDATES);
    expect(peers.add([at(30_000)], 'tracker')).toBe(0); // nobody gives way to one of its kind
    expect(peers.add([at(30_000)], source)).toBe(0);
  });

  it('what a tracker has told of as well does not count for a share, and stays when the list is full', () => {
    const peers = list({ maxPeers: 6 });
    peers.add([at(1), at(2), at(3)], 'pex');
    expect(peers.size).toBe(2);
    peers.add([at(1)], 'tracker');
    expect(peers.add([at(3), at(4)], 'pex')).toBe(1);
    expect(peers.sourcesOf(at(1))).toEqual(['pex', 'tracker']);
    expect(peers.add([at(5), at(6), at(7), at(8), at(9), at(10)], 'tracker')).toBe(5);
    expect([1, 2, 3].map(n => peers.sourcesOf(at(n)).length)).toEqual([2, 0, 0]);
    peers.forget(at(1));
    expect(peers.add([at(11), at(12)], 'pex')).toBe(1);
  });

  it('pushes nothing out that a tracker or a user has told, even if it has failed', () => {
    const peers = list({ maxPeers: 6 });
    peers.add([at(1), at(2), at(3), at(4)], 'tracker');
    peers.add([at(5)], 'manual');
    peers.add([at(6)], 'dht');
    for (const n of [1, 5]) peers.failed(at(n), 0);
    expect(peers.add([at(7)], 'pex')).toBe(0);
    peers.failed(at(6), 0);
    expect(peers.add([at(7)], 'pex')).toBe(1);
    expect([1, 5, 6].map(n => peers.sourcesOf(at(n)).length)).toEqual([1, 1, 0]);
  });

  it('one that failed gives way within the share of its source', () => {
    const peers = list({ maxPeers: 6 });
    peers.add([at(1), at(2)], 'dht');
    peers.next(0);
    peers.next(0);
    peers.failed(at(1), 0);
    expect(peers.add([at(3)], 'pex')).toBe(1);
    expect(peers.add([at(4), at(5)], 'dht')).toBe(1);
    expect(peers.sourcesOf(at(1))).toEqual([]);
  });

  it('among those that are as good the greatest priority is first, who has none before', () => {
    const priorities = new Map([1, 5, 3].map((priority, n) => [at(n + 1).host, priority]));
    const peers = list({ priorityOf: ({ host }) => priorities.get(host) });
    peers.add([at(1), at(2), at(3), at(4)], 'tracker');
    peers.next(0);
    peers.failed(at(4), 0);
    expect(drain(peers)).toEqual([at(2), at(3), at(1)]);
    expect(peers.next(RETRY_FIRST_MS)).toEqual(at(4));
  });

  it('who got lost is dialled again promptly, who is of no use waits longer each time', () => {
    const peers = list();
    peers.add([at(1)], 'tracker');
    const waitAfter = (nowMs: number, ending?: Ending) => {
      peers.next(nowMs);
      peers.connected(at(1));
      peers.disconnected(at(1), nowMs, ending);
      return peers.nextTimeout() - nowMs;
    };
    expect(waitAfter(0, { lost: true })).toBeLessThanOrEqual(RETRY_LOST_MS);
    expect(waitAfter(1e6, { useful: false, lost: true })).toBeGreaterThanOrEqual(RETRY_FIRST_MS / 2);
    expect(waitAfter(2e6, { useful: false })).toBeGreaterThanOrEqual(RETRY_FIRST_MS);
    expect(waitAfter(3e6)).toBeLessThanOrEqual(RETRY_FIRST_MS);
    for (let i = 0; i < MAX_FAILURES; i++) waitAfter(4e6 + i * 1e6, { useful: false });
    expect(peers.size).toBe(0);
  });

  it('the former address of a peer is not dialled while it is held', () => {
    const peers = list();
    peers.add([at(1)], 'tracker');
    peers.hold(at(1));
    expect([peers.next(0), peers.nextTimeout()]).toEqual([undefined, Number.POSITIVE_INFINITY]);
    peers.release(at(1), 1000);
    peers.release(at(1), 9000);
    expect(peers.next(1000 + RETRY_FIRST_MS)).toEqual(at(1));
    peers.hold(at(1)); // it is being dialled
    peers.undial(at(1));
    expect(peers.next(1000 + RETRY_FIRST_MS)).toEqual(at(1));
  });

  it('a new address replaces one that failed, never one that did not', () => {
    const peers = list({ maxPeers: 2 });
    peers.add([at(1), at(2)], 'tracker');
    expect(peers.add([at(3)], 'tracker')).toBe(0);
    peers.next(0);
    peers.next(0);
    peers.failed(at(1), 0);
    expect(peers.add([at(3)], 'tracker')).toBe(1);
    expect(drain(peers, 1e9)).toEqual([at(3)]);
  });

  it('waits longer after each failure, then forgets', () => {
    const peers = list();
    peers.add([at(1)], 'tracker');
    let nowMs = 0;
    let before = 0;
    for (let failures = 1; failures < MAX_FAILURES; failures++) {
      expect(peers.next(nowMs)).toEqual(at(1));
      expect(peers.next(nowMs)).toBeUndefined();
      peers.failed(at(1), nowMs);
      const waitMs = peers.nextTimeout() - nowMs;
      const full = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (failures - 1));
      expect(waitMs).toBeGreaterThanOrEqual(full / 2);
      expect(waitMs).toBeLessThanOrEqual(full);
      expect(waitMs).toBeGreaterThanOrEqual(before);
      before = waitMs / 2;
      expect(peers.next(nowMs + waitMs - 1)).toBeUndefined();
      nowMs += waitMs;
    }
    peers.next(nowMs);
    peers.failed(at(1), nowMs);
    expect(peers.size).toBe(0);
    expect(peers.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  it('who is asked for by hand does not wait to be dialled again, but is not dialled twice', () => {
    const peers = list();
    peers.add([at(1)], 'tracker');
    peers.next(0);
    peers.failed(at(1), 0);
    peers.add([at(1)], 'pex');
    expect(peers.next(0)).toBeUndefined();
    peers.add([at(1)], 'manual');
    expect(peers.next(0)).toEqual(at(1));
    peers.add([at(1)], 'manual');
    expect(peers.next(0)).toBeUndefined();
  });

  it('never forgets an address that was given by hand, and dials it first', () => {
    const peers = list();
    peers.add([at(1), at(2), at(3)], 'tracker');
    peers.add([at(4)], 'manual');
    expect(peers.next(0)).toEqual(at(4));
    for (let i = 0; i < 20; i++) peers.failed(at(4), 0);
    expect(peers.nextTimeout()).toBe(0);
    expect(drain(peers, RETRY_MAX_MS)).toHaveLength(4);
  });

  it('a working connection clears the failures; after its end the address is dialled again soon', () => {
    const peers = list();
    peers.add([at(1)], 'tracker');
    for (let i = 0; i < 3; i++) peers.failed(at(1), 0);
    peers.connected(at(1));
    expect(peers.next(1e9)).toBeUndefined();
    peers.disconnected(at(1), 1000);
    peers.disconnected(at(1), 9000);
    expect(peers.nextTimeout()).toBeLessThanOrEqual(1000 + RETRY_FIRST_MS);
    expect(peers.next(1000 + RETRY_FIRST_MS)).toEqual(at(1));
    peers.failed(at(1), 50_000);
    expect(peers.nextTimeout()).toBeLessThanOrEqual(50_000 + RETRY_FIRST_MS);
  });

  it('is not led astray by a dial that fails when the peer has dialled us meanwhile', () => {
    const peers = list();
    peers.add([at(1)], 'tracker');
    peers.next(0);
    peers.connected(at(1), true);
    for (let i = 0; i < MAX_FAILURES; i++) peers.failed(at(1), 0);
    expect([peers.size, peers.next(1e9)]).toEqual([1, undefined]);
    peers.disconnected(at(1), 1e9);
    expect(peers.next(1e9 + RETRY_FIRST_MS)).toEqual(at(1));
  });

  it('remembers who dialled us, and does not dial back meanwhile', () => {
    const peers = list();
    peers.connected(at(8));
    expect(peers.add([at(8)], 'tracker')).toBe(0);
    expect(peers.next(0)).toBeUndefined();
    peers.disconnected(at(8), 0);
    expect(peers.next(RETRY_FIRST_MS)).toEqual(at(8));
    peers.forget(at(8));
    expect([peers.size, peers.add([at(8)], 'tracker')]).toEqual([0, 1]);
  });

  it('never gives our own address', () => {
    const peers = list();
    peers.add([at(1), at(2)], 'tracker');
    peers.addOwn(at(1));
    expect(peers.add([at(1)], 'pex')).toBe(0);
    expect(drain(peers)).toEqual([at(2)]);
  });

  it('remembers a bounded number of addresses that answered as we do', () => {
    const peers = list();
    for (let n = 0; n <= MAX_OWN; n++) peers.addOwn(at(n + 1));
    expect([at(1), at(2), at(MAX_OWN + 1)].map(own => peers.add([own], 'tracker'))).toEqual([1, 0, 0]);
  });

  it('the cap per host frees up again', () => {
    const peers = list({ maxPerHost: 1 });
    peers.add([at(1, 1)], 'tracker');
    peers.forget(at(1, 1));
    peers.forget(at(1, 1));
    expect(peers.add([at(1, 2), at(1, 3)], 'tracker')).toBe(1);
  });

  it('and is right when one address of a host gave way to another', () => {
    const peers = list({ maxPeers: 2, maxPerHost: 3 });
    peers.add([at(1, 1), at(1, 2)], 'tracker');
    for (const port of [1, 2]) peers.failed(at(1, port), 0);
    expect(peers.add([at(1, 3), at(1, 4)], 'tracker')).toBe(2);
    for (const port of [3, 4]) peers.forget(at(1, port));
    expect(peers.add([at(1, 5), at(1, 6)], 'tracker')).toBe(2);
  });
});
