import net from 'node:net';
import { isMillraceError } from '../errors.js';
import type { PeerAddress } from '../ids.js';
import { mapNetError } from './errors.js';

/** Stands for every address of both families. */
export const EVERYWHERE = '*';

const EVERY_ADDRESS = ['0.0.0.0', '::'] as const;

/** Tries to find a port that is free in both families when any will do. */
const PORT_TRIES = 20;

/** The machine has no such address: a family is switched off, or is not in its kernel. */
const LACKING: ReadonlySet<unknown> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

export interface Listener {
  /** One for each family that it listens in, all of one port. */
  readonly addresses: readonly PeerAddress[];
  /** Stops accepting; connections that were handed over live on. */
  close(): Promise<void>;
}

type OnAccept = (socket: net.Socket) => void;

/**
 * Accepts peers: at an address, or `*` for all of both families, as far as the machine has both. Nothing is read from a
 * socket before `onAccept` has taken it.
 *
 * @throws MillraceError ERR_NET_ADDRESS_IN_USE, also when the port is taken in one family only, or ERR_NET_ADDRESS
 */
export function listen(
  { host, port }: PeerAddress,
  onAccept: OnAccept,
  everywhere: readonly string[] = EVERY_ADDRESS,
): Promise<Listener> {
  return host === EVERYWHERE ? listenEverywhere(everywhere, port, onAccept) : listenAt(host, port, onAccept);
}

/** A listener for each family: one for both would be told of IPv4 peers in IPv6 dress, and fails without IPv6. */
async function listenEverywhere(
  hosts: readonly string[],
  port: number,
  onAccept: OnAccept,
): Promise<Listener> {
  for (let tries = 1; ; tries++) {
    const listeners: Listener[] = [];
    try {
      let lacking: unknown;
      for (const host of hosts) {
        const chosen = listeners[0]?.addresses[0].port ?? port;
        const listener = await listenAt(host, chosen, onAccept).catch(error => {
          if (!isMillraceError(error) || !LACKING.has(error.facts.osCode)) throw error;
          lacking = error;
        });
        if (listener) listeners.push(listener);
      }
      if (listeners.length === 0) throw lacking;
      return joined(listeners);
    } catch (error) {
      await Promise.all(listeners.map(listener => listener.close()));
      const taken = isMillraceError(error, 'ERR_NET_ADDRESS_IN_USE');
      if (!taken || port !== 0 || tries === PORT_TRIES) throw error;
    }
  }
}

function joined(listeners: readonly Listener[]): Listener {
  return {
    addresses: listeners.flatMap(listener => listener.addresses),
    close: async () => void (await Promise.all(listeners.map(listener => listener.close()))),
  };
}

function listenAt(host: string, port: number, onAccept: OnAccept): Promise<Listener> {
  const server = net.createServer({ pauseOnConnect: true, noDelay: true }, onAccept);
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(mapNetError(error, `cannot listen on ${host} port ${port}`));
    server.once('error', fail);
    server.listen({ host, port, backlog: 511, ipv6Only: host === '::' }, () => {
      server.off('error', fail);
      server.on('error', () => {}); // a failed accept (EMFILE) concerns that one connection
      const { address, port: bound } = server.address() as net.AddressInfo;
      resolve({
        addresses: [{ host: address, port: bound }],
        close: () => new Promise(done => void server.close(() => done())),
      });
    });
  });
}
