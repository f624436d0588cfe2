import { describe, expect, it } from 'vitest';
import { PeerStore, type PeerStoreLimits } from '../../../../src/engine/dht/peer-store.js';
import { formatAddress } from '../../../../src/engine/ids.js';
import { createRng } from '../../../../src/engine/policy/rng.js';
import { sha1 } from '../../../../src/engine/protocol/digest.js';

const MINUTE = 60_000;

const store = (limits: Partial<PeerStoreLimits> = {}) => new PeerStore(createRng(7), sha1, limits);
const hash = (n: number) => Uint8Array.from({ length: 20 }, (_, i) => (i < 16 ? 0xaa : n >>> (8 * (19 - i))));
const peer = (n: number, port = 6881) => ({ host: `198.18.${n >> 8}.${n & 255}`, port });

describe('announced peers', () => {
  it('are told, each once, in no order', () => {
    const peers = store();
    for (let n = 0; n < 100; n++) peers.add(hash(1), peer(n), false, 0);
    for (let n = 0; n < 100; n++) peers.add(hash(1), peer(n), false, 1);
    expect(peers.size).toBe(100);
    const all = peers.sample(hash(1), 1000).map(formatAddress);
    expect(new Set(all).size).toBe(100);
    const some = [1, 2, 3].map(() => peers.sample(hash(1), 10).map(formatAddress).join());
    expect(new Set(some).size).toBe(3);
    expect(peers.sample(hash(2), 10)).toEqual([]);
    expect(peers.sample(hash(1), 0)).toEqual([]);
  });

  it('are forgotten after half an hour without another announce', () => {
    const peers = store();
    peers.add(hash(1), peer(1), false, 0);
    peers.add(hash(1), peer(2), false, 0);
    peers.add(hash(1), peer(2), false, 15 * MINUTE);
    peers.add(hash(2), peer(3), false, 0);
    peers.expire(30 * MINUTE - 1);
    expect(peers.size).toBe(3);
    peers.expire(30 * MINUTE);
    expect([peers.size, peers.torrents, peers.visitors]).toEqual([1, 1, 1]);
    expect(peers.sample(hash(1), 10)).toEqual([peer(2)]);
    peers.expire(45 * MINUTE);
    expect([peers.size, peers.torrents, peers.visitors]).toEqual([0, 0, 0]);
  });

  it('leaves out seeds when they are of no use', () => {
    const peers = store();
    for (let n = 0; n < 20; n++) peers.add(hash(1), peer(n), n >= 5, 0);
    expect(peers.count(hash(1), true)).toBe(5);
    expect(peers.sample(hash(1), 20, true).map(formatAddress).sort()).toEqual(
      [0, 1, 2, 3, 4].map(n => formatAddress(peer(n))),
    );
  });

  it('are told by two filters (BEP 33), which are made anew once a minute at most', () => {
    const peers = store();
    const bits = (filter: Uint8Array) =>
      filter.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
    const counts = (nowMs: number) => {
      const filters = peers.filters(hash(1), nowMs);
      return filters && [bits(filters.seeds), bits(filters.downloaders)];
    };
    expect(counts(0)).toBeUndefined();
    peers.add(hash(1), peer(1), false, 0);
    expect(counts(0)).toEqual([0, 2]);
    peers.add(hash(1), peer(2), true, 1);
    expect(counts(1)).toEqual([2, 2]);
    // A download that is complete, and one that is gone.
    peers.add(hash(1), peer(1), true, 10_000);
    expect(counts(10_000)).toEqual([4, 2]);
    expect(counts(MINUTE)).toEqual([4, 0]);
    peers.expire(30 * MINUTE + 1);
    expect(counts(31 * MINUTE)).toEqual([2, 0]);
  });

  it('copies what it keeps of a packet', () => {
    const peers = store();
    const packet = hash(1);
    peers.add(packet, peer(1), false, 0);
    packet.fill(0);
    expect(peers.sampleTorrents(9)).toEqual([hash(1)]);
  });
});

describe('a full store', () => {
  it('has room for 500 peers of a torrent: those who come take the place of others', () => {
    const peers = store();
    for (let n = 0; n < 2000; n++) expect(peers.add(hash(1), peer(n), false, n)).toBe(true);
    expect([peers.size, peers.visitors]).toEqual([500, 500]);
    expect(peers.sample(hash(1), 500)).toContainEqual(peer(1999));
  });

  it('has room for 2000 torrents: the small ones give way', () => {
    const peers = store();
    for (let n = 0; n < 20; n++) peers.add(hash(1_000_000), peer(n), false, 0);
    for (let n = 0; n < 5000; n++) peers.add(hash(n), peer(n), false, 0);
    expect(peers.torrents).toBe(2000);
    expect(peers.count(hash(1_000_000))).toBe(20);
    expect(peers.count(hash(4999))).toBe(1);
  });

  it('has room for 50,000 peers: the large swarms give way', () => {
    const peers = store();
    peers.add(hash(0), peer(9), false, 0);
    for (let swarm = 1; swarm <= 120; swarm++)
      for (let n = 0; n < 500; n++) peers.add(hash(swarm), peer(swarm * 500 + n), false, 0);
    expect(peers.size).toBe(50_000);
    expect(peers.visitors).toBe(50_000);
    expect(peers.count(hash(0))).toBe(1);
    expect(peers.count(hash(120))).toBeGreaterThan(100);
  });

  it('stays within its bounds, whatever they are and whoever comes', () => {
    const rng = createRng(3);
    const peers = store({ torrents: 5, peers: 4, allPeers: 12, visitorPeers: 6, addressPeers: 2 });
    for (let i = 0; i < 4000; i++) {
      peers.add(hash(rng.below(9)), peer(rng.below(12), 1 + rng.below(4)), rng.below(2) === 0, i * 1000);
      if (rng.below(50) === 0) peers.filters(hash(rng.below(9)), i * 1000);
      if (rng.below(200) === 0) peers.expire(i * 1000);
      expect(peers.torrents).toBeLessThanOrEqual(5);
      expect(peers.size).toBeLessThanOrEqual(12);
      const counts = Array.from({ length: 9 }, (_, n) => peers.count(hash(n)));
      expect(Math.max(...counts)).toBeLessThanOrEqual(4);
      expect(counts.reduce((a, b) => a + b)).toBe(peers.size);
      expect(peers.visitors).toBeLessThanOrEqual(peers.size);
      if (peers.size > 0) expect(peers.visitors).toBeGreaterThan(0);
    }
    peers.expire(1e9);
    expect([peers.size, peers.torrents, peers.visitors]).toEqual([0, 0, 0]);
  });

  it('takes 8 peers of an address in a torrent, and 128 in all, unless it is a local one', () => {
    const peers = store();
    const taken = (host: string, swarms: number, ports: number) => {
      let count = 0;
      for (let swarm = 0; swarm < swarms; swarm++)
        for (let port = 1; port <= ports; port++)
          if (peers.add(hash(swarm), { host, port }, false, 0)) count++;
      return count;
    };
    expect(taken('192.0.2.1', 1, 100)).toBe(8);
    expect(taken('192.0.2.1', 200, 1)).toBe(1 + 120);
    expect(taken('2001:db8::1', 100, 1)).toBe(100);
    expect(taken('2001:db8::2', 100, 1)).toBe(28);
    expect(taken('127.0.0.1', 20, 100)).toBe(2000);
  });
});
