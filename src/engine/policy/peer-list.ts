import { formatAddress, type PeerAddress } from '../ids.js';
import { canonicalAddress, classifyHost } from './peer-list-address.js';
import type { Rng } from './rng.js';

/** How we came to know a peer. */
export type PeerSource = 'manual' | 'tracker' | 'dht' | 'pex' | 'lsd' | 'incoming' | 'resume';

/** Addresses kept for a torrent: libtorrent, max_peerlist_size. */
export const MAX_CANDIDATES = 3000;

/** Ports of one host: a NAT has a few peers behind it, a poisoned list names one victim a thousand times. */
export const MAX_PORTS_PER_HOST = 16;

/** First wait before an address is dialled again; doubled with each failure. Short, as a peer may just be starting. */
export const RETRY_FIRST_MS = 5_000;
/** No wait is longer. */
export const RETRY_MAX_MS = 600_000;
/** After so many failures in a row an address is forgotten, unless given by hand; a tracker may name it again. */
export const MAX_FAILURES = 6;

/** Banned hosts and addresses that are remembered; the oldest are forgotten first. */
export const MAX_BANS = 10_000;

export interface PeerListOptions {
  readonly rng: Rng;
  /** Defaults to 3000. */
  readonly maxPeers?: number;
  /** Not applied to loopback. Defaults to 16. */
  readonly maxPerHost?: number;
  /** Whether 127.0.0.0/8 and ::1 are dialled. Defaults to true. */
  readonly allowLoopback?: boolean;
}

interface Candidate {
  readonly address: PeerAddress;
  readonly source: PeerSource;
  state: 'idle' | 'dialling' | 'connected';
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
  readonly #own = new Set<string>();
  readonly #banned = new Set<string>();

  constructor(options: PeerListOptions) {
    this.#rng = options.rng;
    this.#maxPeers = options.maxPeers ?? MAX_CANDIDATES;
    this.#maxPerHost = options.maxPerHost ?? MAX_PORTS_PER_HOST;
    this.#allowLoopback = options.allowLoopback ?? true;
  }

  /** Known addresses, connected ones included. */
  get size(): number {
    return this.#candidates.size;
  }

  /** Takes addresses in; those that are known, banned, our own or no possible peer are left out. @returns how many are new */
  add(addresses: Iterable<PeerAddress>, source: PeerSource): number {
    let added = 0;
    for (const raw of addresses) if (this.#add(raw, source)) added++;
    return added;
  }

  /**
   * The address to dial now: fewest failures first, then those given by hand, then by lot. It counts as being dialled
   * until `connected` or `failed`.
   */
  next(nowMs: number): PeerAddress | undefined {
    let best: Candidate[] = [];
    for (const candidate of this.#candidates.values()) {
      if (candidate.state !== 'idle' || candidate.readyAtMs > nowMs) continue;
      const order = best.length === 0 ? -1 : rank(candidate) - rank(best[0]);
      if (order < 0) best = [candidate];
      else if (order === 0) best.push(candidate);
    }
    if (best.length === 0) return undefined;
    const chosen = best[this.#rng.below(best.length)];
    chosen.state = 'dialling';
    return chosen.address;
  }

  /** How the address became known; undefined when it is not, or no longer. */
  sourceOf(address: PeerAddress): PeerSource | undefined {
    return this.#find(address)?.source;
  }

  /** When `next` may have an address; Infinity when only new addresses can help. */
  nextTimeout(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { state, readyAtMs } of this.#candidates.values())
      if (state === 'idle' && readyAtMs < earliest) earliest = readyAtMs;
    return earliest;
  }

  /** The address from `next` was not dialled after all. */
  undial(address: PeerAddress): void {
    const candidate = this.#find(address);
    if (candidate?.state === 'dialling') candidate.state = 'idle';
  }

  /** There is a connection to the address, whoever dialled. */
  connected(address: PeerAddress): void {
    this.#add(address, 'incoming');
    const candidate = this.#find(address);
    if (!candidate) return;
    candidate.state = 'connected';
    candidate.failures = 0;
  }

  /** It could not be reached, or was no peer of this torrent. */
  failed(address: PeerAddress, nowMs: number): void {
    const candidate = this.#find(address);
    if (!candidate) return;
    candidate.state = 'idle';
    if (++candidate.failures >= MAX_FAILURES && candidate.source !== 'manual') this.forget(address);
    else candidate.readyAtMs = nowMs + this.#waitMs(candidate.failures);
  }

  /** A connection that had worked has ended. */
  disconnected(address: PeerAddress, nowMs: number): void {
    const candidate = this.#find(address);
    if (candidate?.state !== 'connected') return;
    candidate.state = 'idle';
    candidate.readyAtMs = nowMs + this.#waitMs(1);
  }

  /** Not of use any more: as when both sides have everything. It comes back when it is added again. */
  forget(address: PeerAddress): void {
    const found = canonicalAddress(address);
    if (!found || !this.#candidates.delete(formatAddress(found))) return;
    const left = this.#perHost.get(found.host)! - 1;
    if (left > 0) this.#perHost.set(found.host, left);
    else this.#perHost.delete(found.host);
  }

  /** An address of ours (told by the tracker, or found by a handshake with our own peer id): never dialled. */
  addOwn(address: PeerAddress): void {
    const own = canonicalAddress(address);
    if (!own) return;
    this.#own.add(formatAddress(own));
    this.forget(own);
  }

  /** Never dials the host again; with a port that address alone, as for hosts that many peers share. */
  ban(host: string, port?: number): void {
    const address = canonicalAddress({ host, port: port ?? 1 });
    if (!address) return;
    this.#banned.add(port === undefined ? address.host : formatAddress(address));
    for (const oldest of this.#banned) {
      if (this.#banned.size <= MAX_BANS) break;
      this.#banned.delete(oldest);
    }
    for (const candidate of [...this.#candidates.values()])
      if (this.isBanned(candidate.address)) this.forget(candidate.address);
  }

  isBanned(address: PeerAddress): boolean {
    const found = canonicalAddress(address);
    return found !== undefined && (this.#banned.has(found.host) || this.#banned.has(formatAddress(found)));
  }

  #add(raw: PeerAddress, source: PeerSource): boolean {
    const address = canonicalAddress(raw);
    if (!address) return false;
    const key = formatAddress(address);
    const kind = classifyHost(address.host);
    if (kind === 'unusable' || (kind === 'loopback' && !this.#allowLoopback)) return false;
    if (this.#candidates.has(key) || this.#own.has(key) || this.isBanned(address)) return false;
    const ofHost = this.#perHost.get(address.host) ?? 0;
    if (kind !== 'loopback' && ofHost >= this.#maxPerHost) return false;
    if (this.size >= this.#maxPeers && !this.#dropWorst()) return false;
    this.#perHost.set(address.host, (this.#perHost.get(address.host) ?? 0) + 1);
    this.#candidates.set(key, { address, source, state: 'idle', failures: 0, readyAtMs: 0 });
    return true;
  }

  /** Makes room by forgetting the idle address with most failures; one that never failed stays. */
  #dropWorst(): boolean {
    let worst: Candidate | undefined;
    for (const candidate of this.#candidates.values())
      if (candidate.state === 'idle' && candidate.failures > (worst?.failures ?? 0)) worst = candidate;
    if (worst) this.forget(worst.address);
    return worst !== undefined;
  }

  #find(address: PeerAddress): Candidate | undefined {
    const found = canonicalAddress(address);
    return found && this.#candidates.get(formatAddress(found));
  }

  /** Half of each wait is left to luck, so that a swarm does not return all at once. */
  #waitMs(failures: number): number {
    const fullMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (failures - 1));
    return Math.round(fullMs * (0.5 + 0.5 * this.#rng.fraction()));
  }
}

function rank({ failures, source }: Candidate): number {
  return 2 * failures + (source === 'manual' ? 0 : 1);
}
