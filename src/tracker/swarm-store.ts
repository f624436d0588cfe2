import type { AnnounceEvent, ScrapeEntry } from '../engine/protocol/tracker/announce.js';
import { PEER_ID_BYTES, type PeerList } from './peer-list.js';
import { Swarm } from './swarm.js';

export interface StoreLimits {
  readonly maxTorrents: number;
  readonly maxPeers: number;
}

/** What an announce tells the store. */
export interface StoreAnnounce {
  /** The 20 bytes of the info-hash, one character a byte. */
  readonly infoHash: string;
  /** Compact address and port of the announcer, 6 or 18 bytes as the store's stride. */
  readonly address: Uint8Array;
  readonly peerId: Uint8Array;
  readonly isSeeder: boolean;
  readonly event?: AnnounceEvent;
  /** Most peers for the reply; the caller has applied its limits. */
  readonly numWant: number;
}

/** Counts of a reply. The one object of a store is used again by its next call. */
export interface StoreAnswer {
  /** Peers written. */
  peers: number;
  seeders: number;
  leechers: number;
  /** False when a limit kept a new peer out. */
  accepted: boolean;
}

/**
 * All swarms of one address family: data only, no socket and no clock. Bytes of memory are bounded by the limits.
 * A swarm without peers is forgotten at once.
 */
export class SwarmStore {
  readonly #swarms = new Map<string, Swarm>();
  readonly #answer: StoreAnswer = { peers: 0, seeders: 0, leechers: 0, accepted: true };
  #peers = 0;
  /** Where the sweep goes on: the map's own iterator, and the swarm that it stopped in. */
  #walk: IterableIterator<[string, Swarm]> | undefined;
  #halted: [string, Swarm] | undefined;
  #haltedAt = 0;

  /**
   * @param stride bytes of an address with port: 6 for IPv4, 18 for IPv6.
   * @param below uniform dice, 0 .. bound - 1, for the window of peers that a reply shows.
   */
  constructor(
    readonly stride: number,
    readonly limits: StoreLimits,
    readonly below: (bound: number) => number,
  ) {}

  get torrentCount(): number {
    return this.#swarms.size;
  }

  get peerCount(): number {
    return this.#peers;
  }

  /**
   * Answers an announce, then takes its news in: so nobody is told of itself. Addresses go to `out` from `at` on, the
   * peer ids, if wanted, to `ids`. A seeder is told of leechers only; a leecher of both kinds, half and half as far as
   * there are enough.
   */
  announce(
    request: StoreAnnounce,
    nowSeconds: number,
    out: Uint8Array,
    at: number,
    ids?: Uint8Array,
  ): StoreAnswer {
    const answer = this.#answer;
    answer.peers = 0;
    answer.accepted = true;
    const stopped = request.event === 'stopped';
    let swarm = this.#swarms.get(request.infoHash);
    if (swarm === undefined) {
      answer.seeders = 0;
      answer.leechers = 0;
      if (stopped) return answer;
      if (this.#swarms.size >= this.limits.maxTorrents || this.#peers >= this.limits.maxPeers) {
        answer.accepted = false;
        return answer;
      }
      swarm = new Swarm(this.stride);
      this.#swarms.set(request.infoHash, swarm);
    }
    const list = request.isSeeder ? swarm.seeders : swarm.leechers;
    const old = swarm.bringToEnd(request.address);
    if (!stopped) this.#select(swarm, request, old, out, at, ids);

    if (request.event === 'completed' && old !== swarm.seeders && request.isSeeder) swarm.completed++;
    if (old === list && !stopped) {
      list.seen[list.count - 1] = nowSeconds;
      list.peerIds.set(request.peerId, (list.count - 1) * PEER_ID_BYTES);
    } else {
      if (old !== undefined) {
        swarm.removeAt(old, old.count - 1);
        this.#peers--;
      }
      if (!stopped) {
        if (this.#peers < this.limits.maxPeers) {
          swarm.add(list, request.address, request.peerId, nowSeconds);
          this.#peers++;
        } else answer.accepted = false;
      }
      if (swarm.count === 0) this.#swarms.delete(request.infoHash);
    }
    answer.seeders = swarm.seeders.count;
    answer.leechers = swarm.leechers.count;
    return answer;
  }

  /** Undefined for an unknown torrent. */
  scrape(infoHash: string): Omit<ScrapeEntry, 'infoHash'> | undefined {
    const swarm = this.#swarms.get(infoHash);
    return (
      swarm && { seeders: swarm.seeders.count, leechers: swarm.leechers.count, completed: swarm.completed }
    );
  }

  /**
   * Drops peers last seen before `oldestSeconds`, looking at no more than `budget` peers and swarms: the next call goes
   * on from there. True when this call reached the end of a round.
   */
  sweep(oldestSeconds: number, budget: number): boolean {
    this.#walk ??= this.#swarms.entries();
    while (budget > 0) {
      if (this.#halted === undefined) {
        const next = this.#walk.next();
        if (next.done) {
          this.#walk = undefined;
          return true;
        }
        this.#halted = next.value;
        this.#haltedAt = 0;
      }
      budget = this.#sweepSwarm(this.#halted[1], oldestSeconds, budget - 1);
      if (budget < 0) return false;
      const [infoHash, swarm] = this.#halted;
      // The swarm may have ended, and another of the same hash begun, between two slices.
      if (swarm.count === 0 && this.#swarms.get(infoHash) === swarm) this.#swarms.delete(infoHash);
      this.#halted = undefined;
    }
    return false;
  }

  /** What is left of the budget, or -1 when the swarm is not done. Announces between slices may hide a peer until the next round. */
  #sweepSwarm(swarm: Swarm, oldestSeconds: number, budget: number): number {
    for (;;) {
      const inSeeders = this.#haltedAt < swarm.seeders.count;
      const list = inSeeders ? swarm.seeders : swarm.leechers;
      const at = inSeeders ? this.#haltedAt : this.#haltedAt - swarm.seeders.count;
      if (at >= list.count) return budget;
      if (budget-- === 0) return -1;
      if (list.seen[at] < oldestSeconds) {
        swarm.removeAt(list, at);
        this.#peers--;
      } else this.#haltedAt++;
    }
  }

  #select(
    swarm: Swarm,
    request: StoreAnnounce,
    old: PeerList | undefined,
    out: Uint8Array,
    at: number,
    ids?: Uint8Array,
  ): void {
    const { seeders, leechers } = swarm;
    const seederCount = request.isSeeder ? 0 : seeders.count - (old === seeders ? 1 : 0);
    const leecherCount = leechers.count - (old === leechers ? 1 : 0);
    const room = Math.min(request.numWant, Math.floor((out.length - at) / this.stride));
    const fromSeeders = Math.min(seederCount, Math.max(room >>> 1, room - leecherCount));
    const fromLeechers = Math.min(leecherCount, room - fromSeeders);
    this.#copyWindow(seeders, seederCount, fromSeeders, out, at, ids);
    this.#copyWindow(leechers, leecherCount, fromLeechers, out, at, ids);
  }

  /** Copies `take` of the first `count` peers, neighbours from a random place on, around the end. */
  #copyWindow(
    list: PeerList,
    count: number,
    take: number,
    out: Uint8Array,
    at: number,
    ids?: Uint8Array,
  ): void {
    if (take === 0) return;
    const from = take === count ? 0 : this.below(count);
    const head = Math.min(take, count - from);
    this.#copyRange(list, from, head, out, at, ids);
    if (head < take) this.#copyRange(list, 0, take - head, out, at, ids);
  }

  #copyRange(
    list: PeerList,
    from: number,
    count: number,
    out: Uint8Array,
    at: number,
    ids?: Uint8Array,
  ): void {
    const { stride } = this;
    const done = this.#answer.peers;
    out.set(list.addresses.subarray(from * stride, (from + count) * stride), at + done * stride);
    ids?.set(
      list.peerIds.subarray(from * PEER_ID_BYTES, (from + count) * PEER_ID_BYTES),
      done * PEER_ID_BYTES,
    );
    this.#answer.peers = done + count;
  }
}
