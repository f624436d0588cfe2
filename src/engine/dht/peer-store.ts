import { formatAddress, type PeerAddress } from '../ids.js';
import type { Rng } from '../policy/rng.js';
import { byteKey } from './byte-key.js';
import { RandomMap, sampleOf } from './random-map.js';
import { type PeerFilters, SwarmFilters } from './scrape-filters.js';
import { Shares } from './shares.js';
import { isUnlimited } from './visitor.js';

export interface PeerStoreLimits {
  /** libtorrent's `dht_max_torrents`. */
  readonly torrents: number;
  /** Of one torrent: libtorrent's `dht_max_peers`. */
  readonly peers: number;
  /** Of all torrents: some 20 MB. */
  readonly allPeers: number;
  /** Of one visitor over all torrents: a large seed box is that often among those whose torrents end up here. */
  readonly visitorPeers: number;
  /** Of one address in one torrent: peers behind one router. */
  readonly addressPeers: number;
}

const LIMITS: PeerStoreLimits = {
  torrents: 2000,
  peers: 500,
  allPeers: 50_000,
  visitorPeers: 128,
  addressPeers: 8,
};

/** Clients announce every 15 minutes (libtorrent's `dht_announce_interval`): one announce may be lost on the way. */
const PEER_LIFETIME_MS = 30 * 60_000;

/** Filters are made anew no more often, however often peers come, go and become seeds: 500 hashes take a millisecond. */
const FILTERS_MS = 60_000;

/** Swarms drawn when one has to give way. */
const DRAWN = 8;

interface StoredPeer {
  readonly address: PeerAddress;
  readonly seed: boolean;
  readonly atMs: number;
}

interface StoredSwarm {
  readonly infoHash: Uint8Array;
  readonly peers: RandomMap<StoredPeer>;
  filters?: SwarmFilters;
}

/** Peers that were announced to this node, by info-hash (BEP 5). */
export class PeerStore {
  readonly #swarms = new RandomMap<StoredSwarm>();
  readonly #shares: Shares;
  readonly #limits: PeerStoreLimits;
  #size = 0;

  constructor(
    readonly rng: Rng,
    readonly sha1: (bytes: Uint8Array) => Uint8Array,
    limits: Partial<PeerStoreLimits> = {},
  ) {
    this.#limits = { ...LIMITS, ...limits };
    this.#shares = new Shares(this.#limits.visitorPeers);
  }

  /** Peers of all torrents. */
  get size(): number {
    return this.#size;
  }

  get torrents(): number {
    return this.#swarms.size;
  }

  /** Addresses that are counted, for who looks after memory. */
  get visitors(): number {
    return this.#shares.size;
  }

  /** @returns false when the address has announced too much already */
  add(infoHash: Uint8Array, address: PeerAddress, seed: boolean, nowMs: number): boolean {
    const key = formatAddress(address);
    const known = this.#swarms.get(byteKey(infoHash));
    if (known?.peers.get(key) === undefined) {
      if (!this.#shares.hasRoom(address.host)) return false;
      if (known !== undefined && !this.#addressHasRoom(known, address.host)) return false;
      this.#makeRoom(known);
      this.#shares.take(address.host);
      this.#size++;
    }
    const swarm = this.#swarm(infoHash);
    const before = swarm.peers.get(key);
    swarm.peers.set(key, { address, seed, atMs: nowMs });
    if (before?.seed !== seed) swarm.filters?.add(address.host, seed);
    if (before !== undefined && before.seed !== seed) outdate(swarm);
    return true;
  }

  /** By chance, at most `count`. @param noSeed only those that are downloading (BEP 33) */
  sample(infoHash: Uint8Array, count: number, noSeed = false): PeerAddress[] {
    const peers = this.#swarms.get(byteKey(infoHash))?.peers.values ?? [];
    if (peers.length === 0 || count <= 0) return [];
    const wanted = noSeed ? peers.filter(peer => !peer.seed) : peers;
    return sampleOf(wanted, count, this.rng).map(peer => peer.address);
  }

  count(infoHash: Uint8Array, noSeed = false): number {
    const peers = this.#swarms.get(byteKey(infoHash))?.peers;
    if (peers === undefined || !noSeed) return peers?.size ?? 0;
    return peers.values.reduce((count, { seed }) => count + (seed ? 0 : 1), 0);
  }

  /** Filters over its seeds and downloaders (BEP 33); undefined when there is no such torrent. Not to be changed. */
  filters(infoHash: Uint8Array, nowMs: number): PeerFilters | undefined {
    const swarm = this.#swarms.get(byteKey(infoHash));
    if (swarm === undefined) return undefined;
    const { filters } = swarm;
    if (filters === undefined || (filters.outdated && nowMs - filters.madeMs >= FILTERS_MS)) {
      swarm.filters = new SwarmFilters(this.sha1, nowMs);
      for (const { address, seed } of swarm.peers.values) swarm.filters.add(address.host, seed);
    }
    return swarm.filters;
  }

  /** Info-hashes by chance (BEP 51). */
  sampleTorrents(count: number): Uint8Array[] {
    return sampleOf(this.#swarms.values, count, this.rng).map(swarm => swarm.infoHash);
  }

  /** Forgets whoever has not announced again in time. */
  expire(nowMs: number): void {
    this.#swarms.deleteWhere(swarm => {
      swarm.peers.deleteWhere(peer => {
        const gone = nowMs - peer.atMs >= PEER_LIFETIME_MS;
        if (gone) this.#released(swarm, peer);
        return gone;
      });
      return swarm.peers.size === 0;
    });
  }

  #swarm(infoHash: Uint8Array): StoredSwarm {
    const key = byteKey(infoHash);
    let swarm = this.#swarms.get(key);
    if (swarm === undefined) {
      swarm = { infoHash: infoHash.slice(), peers: new RandomMap() };
      this.#swarms.set(key, swarm);
    }
    return swarm;
  }

  #addressHasRoom(swarm: StoredSwarm, host: string): boolean {
    let sameHost = 0;
    for (const { address } of swarm.peers.values) if (address.host === host) sameHost++;
    return sameHost < this.#limits.addressPeers || isUnlimited(host);
  }

  /** For one more peer of this swarm, or of a new one: large swarms give way to small ones, and tiny ones to new ones. */
  #makeRoom(swarm: StoredSwarm | undefined): void {
    const { torrents, peers, allPeers } = this.#limits;
    if (swarm !== undefined && swarm.peers.size >= peers) {
      this.#dropOne(swarm);
      return;
    }
    if (swarm === undefined && this.#swarms.size >= torrents)
      this.#dropSwarm(this.#swarms.leastOfSome(DRAWN, this.rng, (a, b) => a.peers.size < b.peers.size));
    if (this.#size < allPeers) return;
    const key = this.#swarms.leastOfSome(DRAWN, this.rng, (a, b) => a.peers.size > b.peers.size);
    const largest = this.#swarms.get(key)!;
    this.#dropOne(largest);
    if (largest.peers.size === 0) this.#swarms.delete(key);
  }

  #dropOne(swarm: StoredSwarm): void {
    const key = swarm.peers.anyKey(this.rng);
    this.#released(swarm, swarm.peers.get(key)!);
    swarm.peers.delete(key);
  }

  #dropSwarm(key: string): void {
    const swarm = this.#swarms.get(key)!;
    for (const peer of swarm.peers.values) this.#released(swarm, peer);
    this.#swarms.delete(key);
  }

  #released(swarm: StoredSwarm, peer: StoredPeer): void {
    this.#shares.giveBack(peer.address.host);
    outdate(swarm);
    this.#size--;
  }
}

function outdate({ filters }: StoredSwarm): void {
  if (filters !== undefined) filters.outdated = true;
}
