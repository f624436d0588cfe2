import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { writeU16 } from '../engine/bytes.js';
import {
  ANNOUNCE_REPLY_HEAD_BYTES,
  decodeUdpRequest,
  type UdpAnnounce,
  type UdpRequest,
  writeAnnounceReplyHead,
  writeConnectReply,
  writeErrorReply,
  writeScrapeReply,
} from '../engine/protocol/tracker/udp.js';
import type { ConnectionIds } from './connection-id.js';
import { hostBytes, writeIp4 } from './host-bytes.js';
import type { Registry } from './registry.js';
import type { SwarmStore } from './swarm-store.js';

/** Largest reply: fits an Ethernet frame over IPv6 with room for tunnels, so it is never fragmented. */
export const MAX_UDP_REPLY_BYTES = 1200;

/** Unsent bytes above which requests are dropped: a reply that waits this long is no use. */
const MAX_QUEUED_BYTES = 256 * 1024;

/** Bursts of announces wait in the kernel; it may grant less. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

const NOT_FOUND = { seeders: 0, completed: 0, leechers: 0 };

export interface UdpCounters {
  connects: number;
  announces: number;
  scrapes: number;
  /** Requests of known senders that were refused. */
  refused: number;
  /** Packets that got no answer: malformed, or with a connection id that is not theirs. */
  ignored: number;
}

/** One bound socket of one family. Nothing is allocated for a sender, and nobody gets a byte without a valid id. */
export class UdpServer {
  readonly #registry: Registry;
  readonly #ids: ConnectionIds;
  readonly #counters: UdpCounters;
  readonly #socket: Socket;
  readonly #store: SwarmStore;
  /** Address and port of the announcer; `#host` is its front part. */
  readonly #address: Uint8Array;
  readonly #host: Uint8Array;
  readonly #connectionId = new Uint8Array(8);
  #reply = Buffer.alloc(MAX_UDP_REPLY_BYTES);

  constructor(family: 4 | 6, registry: Registry, ids: ConnectionIds, counters: UdpCounters) {
    this.#registry = registry;
    this.#ids = ids;
    this.#counters = counters;
    this.#store = family === 4 ? registry.ip4 : registry.ip6;
    this.#address = new Uint8Array(this.#store.stride);
    this.#host = this.#address.subarray(0, -2);
    this.#socket = createSocket({
      type: family === 4 ? 'udp4' : 'udp6',
      ipv6Only: family === 6,
      // Replies go to literal addresses: answering at once saves a turn through the resolver for each.
      lookup: (host, _options, done) => done(null, host, family),
    });
  }

  /** Resolves with the bound port. Rejects with the system's error. */
  bind(port: number, host?: string): Promise<number> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ port, address: host, exclusive: true }, () => {
        socket.off('error', reject);
        // An address that cannot be reached is the sender's affair.
        socket.on('error', () => {});
        socket.on('message', (packet, from) => this.#handle(packet, from));
        try {
          socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
        } catch {}
        resolve(socket.address().port);
      });
    });
  }

  close(): Promise<void> {
    return new Promise(resolve => this.#socket.close(() => resolve()));
  }

  #handle(packet: Buffer, from: RemoteInfo): void {
    const length = this.#answer(packet, from.address);
    if (length === 0) {
      this.#counters.ignored++;
      return;
    }
    if (from.port === 0 || this.#socket.getSendQueueSize() > MAX_QUEUED_BYTES) return;
    this.#socket.send(this.#reply, 0, length, from.port, from.address);
    // Usually the system takes the bytes at once; if not, they must stay as they are.
    if (this.#socket.getSendQueueCount() > 0) this.#reply = Buffer.alloc(MAX_UDP_REPLY_BYTES);
  }

  /** Length of the reply, 0 for silence. */
  #answer(packet: Buffer, from: string): number {
    if (!this.#readHost(from)) return 0;
    const request = decodeUdpRequest(packet);
    if (request === undefined) return 0;
    const nowSeconds = this.#registry.nowSeconds();
    if (request.action === 'connect') {
      this.#counters.connects++;
      this.#ids.issue(this.#host, nowSeconds, this.#connectionId, 0);
      return writeConnectReply(this.#reply, request.transactionId, this.#connectionId);
    }
    if (!this.#ids.isValid(this.#host, nowSeconds, request.connectionId)) return 0;
    return request.action === 'announce'
      ? this.#announce(packet, request, nowSeconds)
      : this.#scrape(request);
  }

  #announce(packet: Buffer, request: UdpAnnounce, nowSeconds: number): number {
    if (request.port === 0) return this.#refuse(request.transactionId, 'port is 0, must be 1 to 65535');
    writeU16(this.#address, this.#address.length - 2, request.port);
    const answer = this.#store.announce(
      {
        infoHash: packet.toString('latin1', 16, 36),
        address: this.#address,
        peerId: request.peerId,
        isSeeder: request.left === 0,
        event: request.event,
        numWant: this.#registry.peersFor(request.numWant),
      },
      nowSeconds,
      this.#reply,
      ANNOUNCE_REPLY_HEAD_BYTES,
    );
    if (!answer.accepted) return this.#refuse(request.transactionId, 'tracker is full');
    this.#counters.announces++;
    const { intervalSeconds } = this.#registry.options;
    writeAnnounceReplyHead(
      this.#reply,
      request.transactionId,
      intervalSeconds,
      answer.leechers,
      answer.seeders,
    );
    return ANNOUNCE_REPLY_HEAD_BYTES + answer.peers * this.#store.stride;
  }

  #scrape(request: UdpRequest & { action: 'scrape' }): number {
    this.#counters.scrapes++;
    const asked = request.infoHashes.slice(0, this.#registry.options.maxScrapeHashes);
    const entries = asked.map(hash => this.#store.scrape(Buffer.from(hash).toString('latin1')) ?? NOT_FOUND);
    return writeScrapeReply(this.#reply, request.transactionId, entries);
  }

  #refuse(transactionId: number, message: string): number {
    this.#counters.refused++;
    return writeErrorReply(this.#reply, transactionId, message);
  }

  #readHost(text: string): boolean {
    if (this.#host.length === 4) return writeIp4(text, this.#host);
    const host = hostBytes(text);
    if (host?.length !== 16) return false;
    this.#host.set(host);
    return true;
  }
}
