import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { toHex } from '../bytes.js';
import { isMillraceError, MillraceError } from '../errors.js';
import { formatAddress } from '../ids.js';
import type { IpFamily } from '../protocol/compact.js';
import {
  type AnnounceRequest,
  type AnnounceResponse,
  type ScrapeEntry,
  toIntervalMs,
} from '../protocol/tracker/announce.js';
import { trackerFailure } from '../protocol/tracker/http.js';
import { encodeAnnounce, encodeConnect, encodeScrape, type UdpResponse } from '../protocol/tracker/udp.js';
import { parseTrackerUrl, type TrackerUrl } from '../protocol/tracker/url.js';
import type { TrackerClient, TrackerRequestOptions } from './tracker-client.js';
import { aborted, orAborted, toTrackerError, trackerTimeout } from './tracker-error.js';
import { canonicalHost, type Endpoint, UdpSocket } from './udp-socket.js';

/** A client may use a connection id for one minute (BEP 15). */
const CONNECTION_MS = 60_000;

/** Connection ids kept; trackers that one client talks to within a minute are far fewer. */
const MAX_CONNECTIONS = 1000;

export interface UdpTrackerOptions {
  /** Address that packets start from; trackers of the other family are then out of reach. */
  readonly localAddress?: string;
  /** First wait for an answer; each further one is twice as long. Defaults to 15 s (BEP 15). */
  readonly retransmitMs?: number;
  /**
   * Sendings before a tracker counts as silent. Defaults to 2, so 45 s: BEP 15 allows 9, more than two hours, but a
   * torrent has other trackers to try.
   */
  readonly attempts?: number;
}

interface Connection {
  readonly endpoint: Endpoint;
  readonly id: Uint8Array;
}

interface CachedConnection {
  readonly promise: Promise<Connection>;
  /** Undefined while the connect is under way. */
  receivedAtMs: number | undefined;
}

type Answer<A extends UdpResponse['action']> = Extract<UdpResponse, { action: A }>;

/** Trackers over UDP: one socket a family and one connection id a tracker address for all torrents. */
export class UdpTracker implements TrackerClient {
  readonly #localAddress: string | undefined;
  readonly #retransmitMs: number;
  readonly #attempts: number;
  readonly #sockets = new Map<4 | 6, UdpSocket>();
  readonly #connections = new Map<string, CachedConnection>();
  /** Requests under way; while there are none the sockets do not keep the process alive. */
  #active = 0;
  #closed = false;

  constructor({ localAddress, retransmitMs = 15_000, attempts = 2 }: UdpTrackerOptions = {}) {
    this.#localAddress = localAddress;
    this.#retransmitMs = retransmitMs;
    this.#attempts = attempts;
  }

  async announce(
    url: string,
    request: AnnounceRequest,
    options: TrackerRequestOptions = {},
  ): Promise<AnnounceResponse> {
    const target = parseTrackerUrl(url);
    const encode = (connectionId: Uint8Array, transactionId: number) =>
      encodeAnnounce(connectionId, transactionId, request, target.target);
    const { intervalSeconds, peers, seeders, leechers } = await this.#request(
      target,
      'announce',
      encode,
      options,
    );
    return { intervalMs: toIntervalMs(intervalSeconds), peers, seeders, leechers };
  }

  async scrape(
    url: string,
    infoHashes: readonly Uint8Array[],
    options: TrackerRequestOptions = {},
  ): Promise<ScrapeEntry[]> {
    const encode = (connectionId: Uint8Array, transactionId: number) =>
      encodeScrape(connectionId, transactionId, infoHashes);
    const { entries } = await this.#request(parseTrackerUrl(url), 'scrape', encode, options);
    return entries
      .slice(0, infoHashes.length)
      .map((entry, i) => ({ infoHash: toHex(infoHashes[i]), ...entry }));
  }

  close(): void {
    this.#closed = true;
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
    this.#connections.clear();
  }

  /** Sends until there is an answer: after 15 s, 30 s more, 60 s more and so on (BEP 15), with a new id when the old has aged. */
  async #request<A extends 'announce' | 'scrape'>(
    url: TrackerUrl,
    action: A,
    encode: (connectionId: Uint8Array, transactionId: number) => Uint8Array,
    { signal, family }: TrackerRequestOptions,
  ): Promise<Answer<A>> {
    if (this.#closed) throw new MillraceError('ERR_CLOSED', 'tracker client is closed');
    if (signal?.aborted) throw aborted();
    this.#hold(1);
    try {
      const endpoints = await orAborted(this.#resolve(url, family), signal);
      const transactionId = newTransactionId();
      const startedAtMs = performance.now();
      let spentMs = 0;
      for (let attempt = 0; attempt < this.#attempts; attempt++) {
        const waitMs = this.#retransmitMs * 2 ** attempt;
        try {
          const { endpoint, id } = await orAborted(this.#connect(endpoints, waitMs), signal);
          const packet = encode(id, transactionId);
          const answer = await this.#socket(endpoint.family).exchange(
            endpoint,
            packet,
            transactionId,
            action,
            waitMs,
            signal,
          );
          if (answer.action === 'error') {
            // It may be the connection id that it does not like.
            this.#connections.delete(formatAddress(endpoint));
            throw trackerFailure(answer.message);
          }
          return answer as Answer<A>;
        } catch (error) {
          if (signal?.aborted) throw aborted();
          if (!isMillraceError(error, 'ERR_TRACKER_TIMEOUT')) throw error;
          spentMs += waitMs;
          this.#forgetOlderThan(startedAtMs, endpoints);
        }
      }
      throw trackerTimeout(url.host, spentMs);
    } finally {
      this.#hold(-1);
    }
  }

  /** The tracker's first address of each family. */
  async #resolve({ host, port }: TrackerUrl, asked: IpFamily | undefined): Promise<Endpoint[]> {
    const found = await lookup(host, { all: true }).catch(error => {
      throw toTrackerError(error, host);
    });
    const only = this.#localAddress === undefined ? (asked ?? 0) : isIP(this.#localAddress);
    const endpoints: Endpoint[] = [];
    for (const family of [4, 6] as const) {
      if (only !== 0 && only !== family) continue;
      const address = found.find(entry => entry.family === family)?.address;
      const canonical = address && canonicalHost(address);
      if (canonical) endpoints.push({ family, host: canonical, port });
    }
    if (endpoints.length > 0) return endpoints;
    throw new MillraceError(
      'ERR_TRACKER_UNREACHABLE',
      `tracker ${host} has no address of ${this.#localAddress === undefined ? `IPv${asked}` : `the family of ${this.#localAddress}`}`,
      { host },
    );
  }

  /** A connection to one of the addresses: one that is still good, or whichever answers first. */
  async #connect(endpoints: readonly Endpoint[], waitMs: number): Promise<Connection> {
    for (const endpoint of endpoints) {
      const cached = this.#connections.get(formatAddress(endpoint));
      if (cached?.receivedAtMs !== undefined && isFresh(cached)) return cached.promise;
    }
    try {
      return await Promise.any(endpoints.map(endpoint => this.#connectTo(endpoint, waitMs)));
    } catch (error) {
      // An address that is silent may answer yet; one that cannot be reached will not.
      const { errors } = error as AggregateError;
      throw errors.find(one => isMillraceError(one, 'ERR_TRACKER_TIMEOUT')) ?? errors[0];
    }
  }

  #connectTo(endpoint: Endpoint, waitMs: number): Promise<Connection> {
    const key = formatAddress(endpoint);
    const cached = this.#connections.get(key);
    if (cached && isFresh(cached)) return cached.promise;
    if (this.#connections.size >= MAX_CONNECTIONS) this.#forgetOld();
    const fresh: CachedConnection = { promise: this.#askForId(endpoint, waitMs), receivedAtMs: undefined };
    this.#connections.set(key, fresh);
    fresh.promise.then(
      () => {
        fresh.receivedAtMs = performance.now();
      },
      () => {
        if (this.#connections.get(key) === fresh) this.#connections.delete(key);
      },
    );
    return fresh.promise;
  }

  async #askForId(endpoint: Endpoint, waitMs: number): Promise<Connection> {
    const transactionId = newTransactionId();
    const socket = this.#socket(endpoint.family);
    const answer = await socket.exchange(
      endpoint,
      encodeConnect(transactionId),
      transactionId,
      'connect',
      waitMs,
    );
    if (answer.action !== 'connect') throw trackerFailure(answer.action === 'error' ? answer.message : '');
    return { endpoint, id: answer.connectionId.slice() };
  }

  /** A tracker that was restarted is silent to the ids of its former life. */
  #forgetOlderThan(timeMs: number, endpoints: readonly Endpoint[]): void {
    for (const key of endpoints.map(formatAddress)) {
      const cached = this.#connections.get(key);
      if (cached?.receivedAtMs !== undefined && cached.receivedAtMs < timeMs) this.#connections.delete(key);
    }
  }

  #forgetOld(): void {
    for (const [key, cached] of this.#connections) if (!isFresh(cached)) this.#connections.delete(key);
    // Still full: the oldest go.
    for (const key of this.#connections.keys()) {
      if (this.#connections.size < MAX_CONNECTIONS) break;
      this.#connections.delete(key);
    }
  }

  #socket(family: 4 | 6): UdpSocket {
    if (this.#closed) throw new MillraceError('ERR_CLOSED', 'tracker client is closed');
    let socket = this.#sockets.get(family);
    if (socket === undefined || socket.isBroken) {
      socket = new UdpSocket(family, this.#localAddress);
      this.#sockets.set(family, socket);
    }
    return socket;
  }

  #hold(change: 1 | -1): void {
    this.#active += change;
    for (const socket of this.#sockets.values()) socket.hold(this.#active > 0);
  }
}

function isFresh({ receivedAtMs }: CachedConnection): boolean {
  return receivedAtMs === undefined || performance.now() - receivedAtMs < CONNECTION_MS;
}

function newTransactionId(): number {
  return randomBytes(4).readUInt32BE();
}
