import net from 'node:net';
import { Duplex } from 'node:stream';
import type { MillraceError } from '../errors.js';
import type { PeerAddress } from '../ids.js';
import { mapNetError } from './errors.js';
import { proxyFailed, type SocksProxy } from './socks-proxy.js';

/** The part of a shared memory into which all sockets of a thread read; what is in it is used up before the next read. */
export interface ReceiveRegion {
  readonly bytes: Uint8Array;
}

/** What a socket tells its owner. All calls come on the event loop, one at a time. */
export interface PeerSocketOwner {
  onConnect(): void;
  /** `length` bytes lie at the start of the receive region; they are gone when this returns. */
  onBytes(length: number): void;
  /** How many bytes may be read next; 0 pauses until `resumeReading`. */
  readQuota(): number;
  /** Everything that was written has left. */
  onDrain(): void;
  /** Once, at the very end. `error` is undefined when the other side closed in good order. */
  onClose(error: MillraceError | undefined): void;
}

/** Node's accepted sockets carry their handle here; nothing public hands it over (see `adopt`). */
interface HandleHolder {
  _handle: { readonly writeQueueSize?: number } | null;
}

/**
 * A TCP connection that reads straight into the receive region. libuv fills the buffer and calls back in one go, so one
 * region serves every socket and memory does not grow with their number.
 */
export class PeerSocket {
  readonly #socket: net.Socket;
  /** What the proxy says goes here until it has connected us. */
  #channel: Duplex | undefined;
  #error: MillraceError | undefined;
  #closed = false;
  #paused = false;

  private constructor(
    readonly region: ReceiveRegion,
    readonly owner: PeerSocketOwner,
    handle?: unknown,
  ) {
    const { bytes } = region;
    const onread = {
      buffer: () => {
        const quota = owner.readQuota();
        return quota >= bytes.length ? bytes : bytes.subarray(0, Math.max(1, quota));
      },
      callback: (length: number) => {
        if (this.#channel !== undefined) return this.#hearProxy(length);
        owner.onBytes(length);
        this.#paused = owner.readQuota() <= 0;
        return !this.#paused;
      },
    };
    const options = handle === undefined ? { onread } : { onread, handle };
    const socket = new net.Socket(options as net.SocketConstructorOpts);
    socket.setNoDelay(true);
    socket.on('error', error => {
      this.#error ??= this.#channel === undefined ? mapNetError(error, 'connection') : proxyFailed(error);
    });
    socket.on('drain', () => owner.onDrain());
    socket.on('close', () => {
      this.#closed = true;
      this.#channel?.destroy();
      owner.onClose(this.#error);
    });
    this.#socket = socket;
  }

  /** Connects to a peer; `owner.onConnect` or `owner.onClose` follows. */
  static dial(
    address: PeerAddress,
    region: ReceiveRegion,
    owner: PeerSocketOwner,
    localAddress?: string,
  ): PeerSocket {
    const peer = new PeerSocket(region, owner);
    peer.#socket.once('connect', () => owner.onConnect());
    peer.#socket.connect({ host: address.host, port: address.port, localAddress });
    return peer;
  }

  /** The same through a proxy: `owner.onConnect` follows when it has connected us with the peer. */
  static dialThrough(
    proxy: SocksProxy,
    address: PeerAddress,
    region: ReceiveRegion,
    owner: PeerSocketOwner,
    localAddress?: string,
  ): PeerSocket {
    const peer = new PeerSocket(region, owner);
    const write = (bytes: Uint8Array, _encoding: string, done: () => void) => {
      peer.write(bytes);
      done();
    };
    peer.#channel = new Duplex({ read() {}, write });
    peer.#socket.once('connect', () => peer.#negotiate(proxy, address));
    peer.#socket.connect({ ...proxy.address, localAddress });
    return peer;
  }

  /**
   * Takes an accepted connection over. A server has no `onread` option on Node 20, and its sockets read into buffers of
   * their own; giving the handle to a new socket before the first read keeps the single copy (bench/wire/accept).
   */
  static adopt(accepted: net.Socket, region: ReceiveRegion, owner: PeerSocketOwner): PeerSocket {
    const holder = accepted as unknown as HandleHolder;
    const handle = holder._handle;
    holder._handle = null;
    accepted.destroy(); // the empty shell: its server no longer counts it
    const peer = new PeerSocket(region, owner, handle);
    peer.#socket.resume();
    return peer;
  }

  #negotiate(proxy: SocksProxy, address: PeerAddress): void {
    const { region, owner } = this;
    proxy.negotiate(this.#channel!, address, (error, excess) => {
      if (error !== undefined || this.closed) return this.destroy(error);
      this.#channel = undefined;
      owner.onConnect();
      region.bytes.set(excess);
      if (excess.length > 0) owner.onBytes(excess.length);
      this.resumeReading();
    });
  }

  /** Its last word ends the reading, so that what the peer says comes after what was read with it. */
  #hearProxy(length: number): boolean {
    this.#channel!.emit('data', Buffer.from(this.region.bytes.subarray(0, length)));
    this.#paused = this.#channel!.isPaused();
    return !this.#paused;
  }

  get remoteAddress(): PeerAddress | undefined {
    const { remoteAddress: host, remotePort: port } = this.#socket;
    return host === undefined || port === undefined ? undefined : { host: plainHost(host), port };
  }

  /** Bytes handed over that have not left yet. */
  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  /** Bytes that the system has not taken yet. Unlike `queuedBytes` it moves within one large write. */
  get unsentBytes(): number {
    const { _handle } = this.#socket as unknown as HandleHolder;
    return _handle?.writeQueueSize ?? this.#socket.writableLength;
  }

  get closed(): boolean {
    return this.#closed || this.#socket.destroyed;
  }

  /** Everything written until `uncork` leaves in one system call. */
  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  /** `flushed` is called exactly once: when the bytes have left, or when the connection is gone. */
  write(bytes: Uint8Array, flushed?: () => void): void {
    this.#socket.write(bytes, flushed);
  }

  resumeReading(): void {
    if (!this.#paused || this.closed) return;
    this.#paused = false;
    this.#socket.resume();
  }

  /** Ends at once; `owner.onClose` gets the error. */
  destroy(error?: MillraceError): void {
    this.#error ??= error;
    this.#socket.destroy();
  }

  /** The same, and what waits in the system's queue is dropped instead of being sent to the end (RST, RFC 9293 3.10.5). */
  reset(error: MillraceError): void {
    this.#error ??= error;
    if (this.#socket.connecting) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }
}

/** IPv4 in IPv6 dress (::ffff:1.2.3.4), as a dual-stack listener reports it, without the dress. */
export function plainHost(host: string): string {
  return host.startsWith('::ffff:') && host.includes('.') ? host.slice(7) : host;
}
