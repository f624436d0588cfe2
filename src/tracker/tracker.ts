import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { type ErrorCode, MillraceError } from '../engine/errors.js';
import { formatAddress } from '../engine/ids.js';
import { ConnectionIds } from './connection-id.js';
import { type HttpCounters, HttpServer } from './http-server.js';
import { type ListenOptions, resolveTrackerOptions, type TrackerOptions } from './options.js';
import { Registry } from './registry.js';
import { type UdpCounters, UdpServer } from './udp-server.js';

/** Tries to find a port that is free in both families when any will do. */
const BIND_TRIES = 20;

export interface TrackerStats {
  readonly torrents: number;
  readonly peers: number;
  readonly http: Readonly<HttpCounters>;
  readonly udp: Readonly<UdpCounters>;
}

/** A running tracker. */
export interface Tracker {
  /** Bound port and announce URL, undefined for a server that is off. The URL has the host that was bound. */
  readonly http: { readonly port: number; readonly url: string } | undefined;
  readonly udp: { readonly port: number; readonly url: string } | undefined;
  stats(): TrackerStats;
  /** Closes all sockets, also those of clients. The swarms are forgotten. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a tracker over HTTP (BEP 3, 7, 23, 24, 48), UDP (BEP 15), or both, over the same swarms.
 * @throws MillraceError ERR_OPTION, ERR_NET_ADDRESS_IN_USE, ERR_NET_ADDRESS, ERR_NET_FAILED
 */
export async function createTracker(options: TrackerOptions): Promise<Tracker> {
  const registry = new Registry(resolveTrackerOptions(options));
  const ids = new ConnectionIds(randomBytes(16));
  const httpCounters: HttpCounters = { announces: 0, scrapes: 0, refused: 0, malformed: 0 };
  const udpCounters: UdpCounters = { connects: 0, announces: 0, scrapes: 0, refused: 0, ignored: 0 };
  const open: { close(): Promise<void> }[] = [];
  const close = async () => {
    registry.close();
    await Promise.all(open.splice(0).map(server => server.close()));
  };

  const listenHttp = async (listen: ListenOptions) => {
    const server = new HttpServer(registry, httpCounters);
    const port = await server
      .listen(listen.port, listen.host)
      .catch(error => rejectBind(error, 'HTTP', listen));
    open.push(server);
    return { port, url: `http://${reach(listen.host, port)}/announce` };
  };

  const bindUdp = async (family: 4 | 6, port: number, host?: string) => {
    const server = new UdpServer(family, registry, ids, udpCounters);
    try {
      const bound = await server.bind(port, host);
      open.push(server);
      return { port: bound, server };
    } catch (error) {
      await server.close();
      throw error;
    }
  };

  /** One socket for a given address, one a family for all addresses. */
  const bindAllUdp = async (listen: ListenOptions): Promise<number> => {
    const { port } = listen;
    if (listen.host !== undefined && listen.host !== '::') {
      const { address, family } = await lookup(listen.host);
      return (await bindUdp(family === 6 ? 6 : 4, port, address)).port;
    }
    for (let tries = 1; ; tries++) {
      const ip4 = await bindUdp(4, port);
      try {
        await bindUdp(6, ip4.port);
        return ip4.port;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // A machine without IPv6.
        if (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL') return ip4.port;
        open.splice(open.indexOf(ip4.server), 1);
        await ip4.server.close();
        if (code !== 'EADDRINUSE' || port !== 0 || tries === BIND_TRIES) throw error;
      }
    }
  };

  const listenUdp = async (listen: ListenOptions) => {
    const port = await bindAllUdp(listen).catch(error => rejectBind(error, 'UDP', listen));
    return { port, url: `udp://${reach(listen.host, port)}/announce` };
  };

  try {
    const http = options.http && (await listenHttp(options.http));
    const udp = options.udp && (await listenUdp(options.udp));
    return {
      http,
      udp,
      stats: () => ({
        torrents: registry.ip4.torrentCount + registry.ip6.torrentCount,
        peers: registry.ip4.peerCount + registry.ip6.peerCount,
        http: { ...httpCounters },
        udp: { ...udpCounters },
      }),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** All addresses are named by one that reaches this machine from itself. */
function reach(host: string | undefined, port: number): string {
  const isEvery = host === undefined || host === '::' || host === '0.0.0.0';
  return formatAddress({ host: isEvery ? '127.0.0.1' : host, port });
}

const BIND_ERRORS: Record<string, ErrorCode> = {
  EADDRINUSE: 'ERR_NET_ADDRESS_IN_USE',
  EACCES: 'ERR_NET_ADDRESS',
  EADDRNOTAVAIL: 'ERR_NET_ADDRESS',
  EINVAL: 'ERR_NET_ADDRESS',
  ENOTFOUND: 'ERR_NET_ADDRESS',
  EAFNOSUPPORT: 'ERR_NET_ADDRESS',
};

function rejectBind(error: NodeJS.ErrnoException, kind: string, { port, host = '::' }: ListenOptions): never {
  const reason = error.code ?? 'unknown';
  throw new MillraceError(
    BIND_ERRORS[reason] ?? 'ERR_NET_FAILED',
    `${kind} tracker cannot listen on ${host} port ${port}: ${reason}`,
    { host, port, reason },
    error,
  );
}
