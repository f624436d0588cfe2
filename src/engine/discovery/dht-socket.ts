import { createSocket, type RemoteInfo, type Socket, type SocketOptions } from 'node:dgram';
import { type ErrorCode, MillraceError } from '../errors.js';
import { formatAddress, type PeerAddress } from '../ids.js';
import type { IpFamily } from '../protocol/compact.js';
import { MAX_PACKET_BYTES } from '../protocol/dht/limits.js';

/**
 * Bytes of packets that the system has not taken yet. What would come on top is dropped, as the network drops packets: a
 * node asks again. It is what the system's own buffer holds by default on Linux (`wmem_default`).
 */
const MAX_QUEUED_BYTES = 208 * 1024;

/** Room for what arrives while the event loop is at something else; the system gives as much of it as it likes. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;

/** Where a packet goes is always an address: no look-up, not even the turn of the loop that one of an address takes. */
function asItIs(family: IpFamily): SocketOptions['lookup'] {
  return (host, _, found) => found(null, host, family);
}

export interface DhtSocketOptions {
  readonly family: IpFamily;
  /** Where to receive, which is where all packets start from. */
  readonly at: PeerAddress;
  readonly onPacket: (packet: Uint8Array, from: PeerAddress) => void;
}

/** Packets of one address family. They may get lost; those that cannot be sent are. */
export class DhtSocket {
  /** Packets that were not sent since too many waited. */
  dropped = 0;
  #closed = false;

  private constructor(
    readonly address: PeerAddress,
    readonly socket: Socket,
  ) {}

  /** It never keeps the process alive. @throws MillraceError ERR_NET_ADDRESS_IN_USE, ERR_NET_ADDRESS */
  static open({ family, at, onPacket }: DhtSocketOptions): Promise<DhtSocket> {
    const socket = createSocket({
      type: family === 4 ? 'udp4' : 'udp6',
      ipv6Only: family === 6,
      lookup: asItIs(family),
    });
    socket.unref();
    return new Promise((resolve, reject) => {
      socket.once('error', error => {
        socket.close();
        reject(toNetError(error, at));
      });
      socket.bind({ port: at.port, address: at.host, exclusive: true }, () => {
        socket.removeAllListeners('error');
        socket.on('error', () => {}); // what the system tells later concerns single packets
        widen(socket);
        // No packet of the DHT can tell others of an address with a zone.
        socket.on('message', (packet: Uint8Array, from: RemoteInfo) => {
          if (packet.length <= MAX_PACKET_BYTES && from.port !== 0 && !from.address.includes('%'))
            onPacket(packet, { host: from.address, port: from.port });
        });
        const { address: host, port } = socket.address();
        resolve(new DhtSocket({ host, port }, socket));
      });
    });
  }

  /** The packet must not be changed any more. */
  send(packet: Uint8Array, to: PeerAddress): void {
    if (this.#closed) return;
    if (this.socket.getSendQueueSize() > MAX_QUEUED_BYTES) {
      this.dropped++;
      return;
    }
    try {
      this.socket.send(packet, to.port, to.host);
    } catch {
      // An address that cannot be sent to, as far as Node can tell: that of a packet lost.
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.socket.close();
  }
}

function widen(socket: Socket): void {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // The system's own size does, too.
  }
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  EADDRINUSE: 'ERR_NET_ADDRESS_IN_USE',
  EADDRNOTAVAIL: 'ERR_NET_ADDRESS',
  EACCES: 'ERR_NET_ADDRESS',
  EAFNOSUPPORT: 'ERR_NET_ADDRESS',
  EINVAL: 'ERR_NET_ADDRESS',
};

function toNetError(error: unknown, at: PeerAddress): MillraceError {
  const { code = 'unknown', message } = error as NodeJS.ErrnoException;
  const what = `cannot receive packets at ${formatAddress(at)}: ${message}`;
  return new MillraceError(CODES[code] ?? 'ERR_NET_FAILED', what, { osCode: code }, error);
}
