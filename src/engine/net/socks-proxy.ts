import net from 'node:net';
import type { Duplex } from 'node:stream';
import { MillraceError } from '../errors.js';
import type { PeerAddress } from '../ids.js';

export interface ProxyOptions extends PeerAddress {
  readonly user?: string;
  readonly password?: string;
}

/** A SOCKS5 proxy (RFC 1928, with names and passwords of RFC 1929). Host names are looked up by the proxy. */
export interface SocksProxy {
  readonly address: PeerAddress;
  /** A connection of its own to the destination. @throws MillraceError ERR_PROXY_FAILED */
  connect(to: PeerAddress): Promise<net.Socket>;
  /** Ends all of those, also those that are under way. */
  closeAll(): void;
  /**
   * Asks for the destination over a channel to the proxy, which takes what the proxy says as `data` events. `done` is
   * called once, with what came behind the proxy's last word.
   */
  negotiate(
    channel: Duplex,
    to: PeerAddress,
    done: (error: MillraceError | undefined, excess: Uint8Array) => void,
  ): void;
}

const NOTHING = new Uint8Array();

/** The package is loaded for those who have a proxy. */
export async function loadProxy(
  options: ProxyOptions,
  localAddress: string | undefined,
): Promise<SocksProxy> {
  const { SocksClient } = await import('socks');
  const { host, port, user, password } = options;
  const address = { host, port };
  const sockets = new Set<net.Socket>();

  const negotiate: SocksProxy['negotiate'] = (channel, to, done) => {
    const client = new SocksClient({
      proxy: { host, port, type: 5, userId: user, password },
      command: 'connect',
      destination: { ...to },
      existing_socket: channel,
    });
    client.once('error', error => done(proxyFailed(error), NOTHING));
    client.connect(channel);
    client.once('established', () => {
      let excess: Uint8Array = NOTHING;
      const keep = (bytes: Uint8Array) => {
        excess = bytes;
      };
      channel.on('data', keep);
      // The client, which listens before us, gives what is left over back in the same round.
      setImmediate(() => {
        channel.off('data', keep);
        done(undefined, excess);
      });
    });
  };

  return {
    address,
    negotiate,
    connect(to) {
      const socket = net.connect({ ...address, localAddress });
      sockets.add(socket);
      return new Promise((resolve, reject) => {
        const fail = (error: unknown) => {
          socket.destroy();
          reject(proxyFailed(error));
        };
        socket.once('error', fail);
        socket.once('close', () => {
          sockets.delete(socket);
          fail('the proxy closed the connection');
        });
        socket.once('connect', () => {
          negotiate(socket, to, (error, excess) => {
            socket.off('error', fail);
            // Servers of HTTP and TLS do not speak first.
            if (error !== undefined) reject(error);
            else if (excess.length > 0) fail('more bytes than an answer');
            else resolve(socket);
          });
        });
      });
    },
    closeAll() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

export function proxyFailed(error: unknown): MillraceError {
  const reason = error instanceof Error ? error.message : String(error);
  // The cause is left out: it carries the options, and the password with them.
  return new MillraceError('ERR_PROXY_FAILED', `no connection through the proxy: ${reason}`, { reason });
}
