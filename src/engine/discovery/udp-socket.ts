import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { MillraceError } from '../errors.js';
import { formatAddress, type PeerAddress } from '../ids.js';
import { formatIp, type IpFamily, parseIp } from '../protocol/compact.js';
import { decodeUdpResponse, type UdpResponse } from '../protocol/tracker/udp.js';
import { toTrackerError, trackerTimeout } from './tracker-error.js';

/** An address of a tracker as text of one form, so that it can be compared. */
export interface Endpoint extends PeerAddress {
  readonly family: IpFamily;
}

interface Waiting {
  readonly endpoint: Endpoint;
  readonly action: UdpResponse['action'];
  resolve(response: UdpResponse): void;
  reject(error: MillraceError): void;
}

/** The one socket of a family that all torrents share: sends packets and finds who waits for what comes back. */
export class UdpSocket {
  readonly #family: IpFamily;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #bound: Promise<void>;
  /** The address could not be bound; it may be there again later, for a new socket. */
  isBroken = false;
  #closed = false;

  constructor(family: IpFamily, localAddress: string | undefined) {
    this.#family = family;
    this.#socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', ipv6Only: family === 6 });
    this.#socket.on('message', (packet, from) => this.#receive(packet, from));
    this.#bound = new Promise((resolve, reject) => {
      this.#socket.once('error', reject);
      this.#socket.bind({ port: 0, address: localAddress, exclusive: true }, () => {
        this.#socket.off('error', reject);
        // What the system tells later concerns single packets, whose time-out covers it.
        this.#socket.on('error', () => {});
        resolve();
      });
    });
    this.#bound.catch(() => {
      this.isBroken = true;
      this.close();
    });
  }

  /** Whether the socket keeps the process alive. */
  hold(alive: boolean): void {
    if (this.#closed) return;
    if (alive) this.#socket.ref();
    else this.#socket.unref();
  }

  /**
   * Sends once and resolves with the answer: from that address, with that transaction id, of that action or an error.
   * Everything else is ignored (BEP 15).
   * @throws MillraceError ERR_TRACKER_TIMEOUT, ERR_TRACKER_UNREACHABLE, ERR_CLOSED, or the signal's reason
   */
  async exchange(
    endpoint: Endpoint,
    packet: Uint8Array,
    transactionId: number,
    action: UdpResponse['action'],
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<UdpResponse> {
    const name = formatAddress(endpoint);
    await this.#bound.catch(error => {
      throw toTrackerError(error, name);
    });
    signal?.throwIfAborted();
    if (this.#closed) throw closed();
    let timer: NodeJS.Timeout | undefined;
    let abort: (() => void) | undefined;
    try {
      return await new Promise<UdpResponse>((resolve, reject) => {
        this.#waiting.set(transactionId, { endpoint, action, resolve, reject });
        timer = setTimeout(() => reject(trackerTimeout(name, waitMs)), waitMs).unref();
        abort = () => reject(signal?.reason);
        signal?.addEventListener('abort', abort, { once: true });
        this.#socket.send(packet, endpoint.port, endpoint.host, error => {
          if (error !== null) reject(toTrackerError(error, name));
        });
      });
    } finally {
      clearTimeout(timer);
      if (abort !== undefined) signal?.removeEventListener('abort', abort);
      this.#waiting.delete(transactionId);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { reject } of this.#waiting.values()) reject(closed());
    this.#waiting.clear();
    this.#socket.close();
  }

  #receive(packet: Uint8Array, from: RemoteInfo): void {
    const response = decodeUdpResponse(packet, this.#family);
    const waiting = response && this.#waiting.get(response.transactionId);
    if (!waiting || (response.action !== waiting.action && response.action !== 'error')) return;
    if (from.port !== waiting.endpoint.port || canonicalHost(from.address) !== waiting.endpoint.host) return;
    waiting.resolve(response);
  }
}

function closed(): MillraceError {
  return new MillraceError('ERR_CLOSED', 'tracker client is closed');
}

/** An IP literal in the one spelling that is used here; undefined for a name. */
export function canonicalHost(host: string): string | undefined {
  const ip = parseIp(host.split('%', 1)[0]);
  return ip && formatIp(ip);
}
