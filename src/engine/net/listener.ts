import net from 'node:net';
import type { PeerAddress } from '../ids.js';
import { mapNetError } from './errors.js';

export interface Listener {
  readonly address: PeerAddress;
  /** Stops accepting; connections that were handed over live on. */
  close(): Promise<void>;
}

/**
 * Accepts peers. Nothing is read from a socket before `onAccept` has taken it.
 *
 * @throws MillraceError ERR_NET_ADDRESS_IN_USE or ERR_NET_ADDRESS
 */
export function listen(
  at: { host: string; port: number },
  onAccept: (socket: net.Socket) => void,
): Promise<Listener> {
  const server = net.createServer({ pauseOnConnect: true, noDelay: true }, onAccept);
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) =>
      reject(mapNetError(error, `cannot listen on ${at.host} port ${at.port}`));
    server.once('error', fail);
    server.listen({ host: at.host, port: at.port, backlog: 511 }, () => {
      server.off('error', fail);
      server.on('error', () => {}); // a failed accept (EMFILE) concerns that one connection
      const { address: host, port } = server.address() as net.AddressInfo;
      resolve({
        address: { host, port },
        close: () => new Promise(done => void server.close(() => done())),
      });
    });
  });
}
