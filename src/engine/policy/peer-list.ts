import { formatAddress, type PeerAddress } from '../ids.js';
import { canonicalAddress, classifyHost, lacksZone } from './peer-list-address.js';
import type { Rng } from './rng.js';
import { hostKey } from './subnet.js';

/** How we came to know a peer. */
export type PeerSource = 'manual' | 'tracker' | 'dht' | 'pex' | 'lsd' | 'incoming' | 'resume';

/** Addresses kept for a torrent: libtorrent, max_peerlist_size. */
export const MAX_CANDIDATES = 3000;

/** Ports of one host: a NAT has a few peers behind it, a poisoned list names one victim a thousand times. */
export const MAX_PORTS_PER_HOST = 16;

/**
 * Share of the list for addresses that are only known from where anybody can name as many as he likes: whoever poisons
 * one of these pushes nothing out that trackers and users have told. Together they fill the list while there is room.
 */
const SHARES: Readonly<Partial<Record<PeerSource, number>>> = {
  dht: 1 / 3,
  pex: 1 / 3,
  lsd: 1 / 6,
  incoming: 1 / 6,
};

/** Who can know which interfaces this machine has. */
const NEAR: ReadonlySet<PeerSource> = new Set(['manual', 'lsd', 'incoming', 'resume']);

/** Whether anybody can name as many addresses there as he likes. */
export function isOpen(source: PeerSource): boolean {
  return SHARES[source] !== undefined;
}

/** Longest wait before a peer is dialled again that was of use and got lost: its network is back, or will not be soon. */
export const RETRY_LOST_MS = 1_000;
/** First wait before an address is dialled again; doubled with each failure. Short, as a peer may just be starting. */
export const RETRY_FIRST_MS = 5_000;
/** No wait is longer. */
export const RETRY_MAX_MS = 600_000;
/** After so many failures in a row an address is forgotten, unless given by hand; a tracker may name it again. */
export const MAX_FAILURES = 6;

/** Addresses of ours that are remembered, the oldest forgotten first: anybody can answer with our own peer id. */
export const MAX_OWN = 100;

export interface PeerListOptions {
  readonly rng: Rng;
  /** Defaults to 3000. */
  readonly maxPeers?: number;
  /** Not applied to loopback. Defaults to 16. */
  readonly maxPerHost?: number;
  /** Whether 127.0.0.0/8 and ::1 are dialled. Defaults to true. */
  readonly allowLoopback?: boolean;
  /** Among those that are as good, whom to dial first: the greatest (BEP 40), those without before. Defaults to by lot. */
  readonly priorityOf?: (address: PeerAddress) => number | undefined;
}

/** How a connection ended. */
export interface Ending {
  /** It had moved something, or lasted. */
  readonly useful?: boolean;
  /** The network failed: neither side wanted the end. */
  readonly lost?: boolean;
}

interface Candidate {
  readonly address: PeerAddress;
  /** In the order in which they told of it. */
  readonly sources: PeerSource[];
  state: 'idle' | 'dialling' | 'connected';
  /** Its peer is connected from another address. */
  held: boolean;
  failures: number;
  readyAtMs: number;
}

/** Addresses of one torrent's peers: which to dial next, and when. The caller decides how many at a time. */
export class PeerList {
  readonly #rng: Rng;
  readonly #maxPeers: number;
  readonly #maxPerHost: number;
  readonly #allowLoopback: boolean;
  readonly #candidates = new Map<string, Candidate>();
  readonly #perHost = new Map<string, number>();
  /** Addresses that only sources with a share have told of, by the first of these. */
  readonly #perSource = new Map<PeerSource, number>();
  readonly #priorityOf: PeerListOptions['priorityOf'];
  readonly #own = new Set<string>();

  constructor(options: PeerListOptions) {
    this.#rng = options.rng;
    this.#maxPeers = options.maxPeers ?? MAX_CANDIDATES;
    this.#maxPerHost = options.maxPerHost ?? MAX_PORTS_PER_HOST;
    this.#allowLoopback = options.allowLoopback ?? true;
    this.#priorityOf = options.priorityOf;
  }

  /** Known addresses, connected ones included. */
  get size(): number {
    return this.#candidates.size;
  }

  /** Addresses that `next` will give some time. */
  get dialable(): number {
    let count = 0;
    for (const { state, held } of this.#candidates.values()) if (state === 'idle' && !held) count++;
    return count;
  }

  /**
   * Takes addresses in; those that are known, our own or no possible peer are left out. Who asks for a peer by hand need
   * not wait until it would be dialled again by itself. @returns how many are new
   */
  add(addresses: Iterable<PeerAddress>, source: PeerSource): number {
    let added = 0;
    for (const raw of addresses) if (this.#add(raw, source)) added++;
    return added;
  }

  /**
   * The address to dial now: fewest failures first, then those given by hand, then by priority, then by lot. It counts as
   * being dialled until `connected` or `failed`.
   */
  next(nowMs: number): PeerAddress | undefined {
    let best: Candidate[] = [];
    for (const candidate of this.#candidates.values()) {
      if (candidate.state !== 'idle' || candidate.held || candidate.readyAtMs > nowMs) continue;
      const order = best.length === 0 ? -1 : rank(candidate) - rank(best[0]);
      if (order < 0) best = [candidate];
      else if (order === 0) best.push(candidate);
    }
    if (best.length === 0) return undefined;
    const chosen = this.#choose(best);
    chosen.state = 'dialling';
    return chosen.address;
  }

  /** How the address became known, the first first; later ones are added to it. Empty when it is not, or no longer. */
  sourcesOf(address: PeerAddress): readonly PeerSource[] {
    return this.#find(address)?.sources ?? [];
  }

  /** When `next` may have an address; Infinity when only new addresses can help. */
  nextTimeout(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { state, held, readyAtMs } of this.#candidates.values())
      if (state === 'idle' && !held && readyAtMs < earliest) earliest = readyAtMs;
    return earliest;
  }

  /** The address from `next` was not dialled after all. */
  undial(address: PeerAddress): void {
    const candidate = this.#find(address);
    if (candidate?.state === 'dialling') candidate.state = 'idle';
  }

  /** There is a connection to the address, which somebody has dialled, or will not have to. */
  connected(address: PeerAddress, incoming = false): void {
    if (incoming || this.#find(address) === undefined) this.#add(address, 'incoming');
    const candidate = this.#find(address);
    if (candidate) candidate.state = 'connected';
  }

  /** The peer is connected from elsewhere: its address is not dialled until `release`. @returns whether it would be */
  hold(address: PeerAddress): boolean {
    const candidate = this.#find(address);
    if (candidate?.state !== 'idle') return false;
    candidate.held = true;
    return true;
  }

  /** Where it is now was no better: the address may be dialled again, after others. */
  release(address: PeerAddress, nowMs: number): void {
    const candidate = this.#find(address);
    if (!candidate?.held) return;
    candidate.held = false;
    candidate.readyAtMs = nowMs + this.#waitMs(Math.max(1, candidate.failures));
  }

  /** It could not be reached, or was no peer of this torrent; unless its peer has dialled us meanwhile. */
  failed(address: PeerAddress, nowMs: number): void {
    const candidate = this.#find(address);
    if (candidate !== undefined && candidate.state !== 'connected') this.#fail(candidate, nowMs);
  }

  /** A connection has ended after its handshake. One that was of no use counts as a failure. */
  disconnected(address: PeerAddress, nowMs: number, { useful = true, lost = false }: Ending = {}): void {
    const candidate = this.#find(address);
    if (candidate?.state !== 'connected') return;
    if (!useful) {
      this.#fail(candidate, nowMs);
      return;
    }
    candidate.state = 'idle';
    candidate.failures = 0;
    candidate.readyAtMs = nowMs + (lost ? this.#jitter(RETRY_LOST_MS) : this.#waitMs(1));
  }

  /** Not of use any more: as when both sides have everything. It comes back when it is added again. */
  forget(address: PeerAddress): void {
    const found = canonicalAddress(address);
    const candidate = found && this.#candidates.get(formatAddress(found));
    if (!candidate) return;
    this.#candidates.delete(formatAddress(found));
    this.#count(candidate, -1);
    const hostOf = hostKey(found.host);
    const left = this.#perHost.get(hostOf)! - 1;
    if (left > 0) this.#perHost.set(hostOf, left);
    else this.#perHost.delete(hostOf);
  }

  /** An address of ours, found by a handshake with our own peer id: never dialled. */
  addOwn(address: PeerAddress): void {
    const own = canonicalAddress(address);
    if (!own) return;
    this.#own.add(formatAddress(own));
    if (this.#own.size > MAX_OWN) this.#own.delete(this.#own.values().next().value!);
    this.forget(own);
  }

  #add(raw: PeerAddress, source: PeerSource): boolean {
    const address = canonicalAddress(raw);
    if (!address || (address.host.includes('%') && !NEAR.has(source))) return false;
    const key = formatAddress(address);
    const kind = classifyHost(address.host);
    if (kind === 'unusable' || lacksZone(address.host)) return false;
    if (kind === 'loopback' && !this.#allowLoopback) return false;
    const known = this.#candidates.get(key);
    if (known !== undefined) {
      this.#addSource(known, source);
      if (source === 'manual') known.readyAtMs = 0;
      return false;
    }
    if (this.#own.has(key)) return false;
    const hostOf = hostKey(address.host);
    const ofHost = () => this.#perHost.get(hostOf) ?? 0;
    if (kind !== 'loopback' && ofHost() >= this.#maxPerHost) return false;
    if (!this.#makeRoom(source)) return false;
    this.#perHost.set(hostOf, ofHost() + 1); // who gave way may have been of the same host
    const candidate: Candidate = {
      ...{ address, sources: [source], state: 'idle', held: false, failures: 0, readyAtMs: 0 },
    };
    this.#candidates.set(key, candidate);
    this.#count(candidate, 1);
    return true;
  }

  #addSource(candidate: Candidate, source: PeerSource): void {
    if (candidate.sources.includes(source)) return;
    this.#count(candidate, -1);
    candidate.sources.push(source);
    this.#count(candidate, 1);
  }

  #count(candidate: Candidate, by: 1 | -1): void {
    const source = shareOf(candidate);
    if (source !== undefined) this.#perSource.set(source, (this.#perSource.get(source) ?? 0) + by);
  }

  /** @returns whether there is room for another address of this source, perhaps as one gave way */
  #makeRoom(source: PeerSource): boolean {
    const share = SHARES[source];
    const isShareFull = share !== undefined && (this.#perSource.get(source) ?? 0) >= share * this.#maxPeers;
    if (isShareFull && !this.#dropWorst(candidate => shareOf(candidate) === source)) return false;
    if (this.size < this.#maxPeers) return true;
    return share === undefined
      ? this.#dropWorst(() => true) || this.#dropNamed()
      : this.#dropWorst(candidate => shareOf(candidate) !== undefined);
  }

  /** Makes room by forgetting the idle address with most failures; one that never failed stays. */
  #dropWorst(mayGo: (candidate: Candidate) => boolean): boolean {
    let worst: Candidate | undefined;
    for (const candidate of this.#candidates.values()) {
      if (candidate.state !== 'idle' || candidate.failures <= (worst?.failures ?? 0)) continue;
      if (mayGo(candidate)) worst = candidate;
    }
    if (worst) this.forget(worst.address);
    return worst !== undefined;
  }

  /** Makes room by forgetting the oldest idle address that only sources with a share have told of. */
  #dropNamed(): boolean {
    for (const candidate of this.#candidates.values()) {
      if (candidate.state !== 'idle' || shareOf(candidate) === undefined) continue;
      this.forget(candidate.address);
      return true;
    }
    return false;
  }

  #choose(best: readonly Candidate[]): Candidate {
    const priorityOf = this.#priorityOf;
    if (priorityOf === undefined || best.length === 1) return best[this.#rng.below(best.length)];
    const priorities = best.map(({ address }) => priorityOf(address) ?? Number.POSITIVE_INFINITY);
    const greatest = priorities.reduce((a, b) => Math.max(a, b));
    const first = best.filter((_, at) => priorities[at] === greatest);
    return first[this.#rng.below(first.length)];
  }

  #fail(candidate: Candidate, nowMs: number): void {
    candidate.state = 'idle';
    if (++candidate.failures >= MAX_FAILURES && !candidate.sources.includes('manual'))
      this.forget(candidate.address);
    else candidate.readyAtMs = nowMs + this.#waitMs(candidate.failures);
  }

  #find(address: PeerAddress): Candidate | undefined {
    const found = canonicalAddress(address);
    return found && this.#candidates.get(formatAddress(found));
  }

  /** Half of each wait is left to luck, so that a swarm does not return all at once. */
  #waitMs(failures: number): number {
    return this.#jitter(Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (failures - 1)));
  }

  #jitter(fullMs: number): number {
    return Math.round(fullMs * (0.5 + 0.5 * this.#rng.fraction()));
  }
}

function rank({ failures, sources }: Candidate): number {
  return 2 * failures + (sources.includes('manual') ? 0 : 1);
}

/** Which share an address counts for; none when somebody has told of it who need not be kept within one. */
function shareOf({ sources }: Candidate): PeerSource | undefined {
  return sources.every(source => SHARES[source] !== undefined) ? sources[0] : undefined;
}
