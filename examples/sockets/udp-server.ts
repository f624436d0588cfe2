/** Upper case over UDP. Usage: udp-server [host] [port] */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { ALL_ADDRESSES, report, start } from './command-line.ts';
import { upperCase } from './upper-case.ts';

/** Unsent bytes above which nobody is answered: a datagram may be lost anyway, memory should not. */
const MAX_QUEUED_BYTES = 64 * 1024;

/**
 * One socket serves everybody: UDP knows no connections. Each message is a whole question, or never arrives, and brings
 * the address to answer to. It may well be forged, so nothing is kept about who asked.
 */
export function createUpperCaseServer(host: string): Socket {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  socket.on('message', (message, { address, port }) => {
    // Port 0 means "do not answer" (RFC 768); nobody can send there.
    if (port === 0 || socket.getSendQueueSize() > MAX_QUEUED_BYTES) return;
    // An answer that cannot be sent is lost like any other datagram.
    socket.send(upperCase(message), port, address, () => {});
  });
  return socket;
}

await start(import.meta.url, ALL_ADDRESSES, async ({ host, port }) => {
  const socket = createUpperCaseServer(host);
  socket.bind(port, host);
  await once(socket, 'listening');
  const bound = { host, port: socket.address().port };
  // Some systems tell here that a client had left before its answer came: no reason to end.
  socket.on('error', error => report(error, bound));
  console.log(`UDP server on ${host} port ${bound.port}`);
});
