/** Upper case over TCP, for many clients at the same time. Usage: tcp-server [host] [port] */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ALL_ADDRESSES, report, start } from './command-line.ts';
import { BUFFER_BYTES, endsInside, upperCase } from './upper-case.ts';

/** Long enough for people: the lecture's client connects first, and its user types then. */
const PATIENCE_MS = 120_000;

/**
 * The lecture's loop accepts the next client when it is through with the last. Here each connection has events of its
 * own, so one who types for a minute holds nobody up.
 */
export function createUpperCaseServer(patienceMs = PATIENCE_MS): Server {
  // Half open: who has said everything and closed their side still gets the answer.
  return createServer({ allowHalfOpen: true }, socket => serve(socket, patienceMs));
}

/**
 * TCP is a stream of bytes without borders between messages. The lecture's server takes what one `recv` gives for the
 * message, answers and closes; so must this one, for its clients neither end a line nor close their side. But what one
 * read gives may end within a character: then the rest of that is waited for.
 */
function serve(socket: Socket, patienceMs: number): void {
  // For all of it, not since the last byte: who drips bytes, or never reads and never closes, would stay for ever.
  const deadline = setTimeout(() => socket.destroy(), patienceMs);
  socket.once('close', () => clearTimeout(deadline));
  socket.on('error', () => {}); // A client that broke off; there is nobody to tell.

  let message: Buffer = Buffer.alloc(0);
  const receive = (bytes: Buffer) => {
    message = Buffer.concat([message, bytes.subarray(0, BUFFER_BYTES - message.length)]);
    if (message.length === BUFFER_BYTES || !endsInside(message)) reply();
  };
  const reply = () => {
    // The socket reads on, and forgets: to close with bytes unread resets a connection, and the answer is lost with it.
    socket.off('data', receive).off('end', reply);
    socket.end(upperCase(message));
  };
  socket.on('data', receive).on('end', reply);
}

await start(import.meta.url, ALL_ADDRESSES, async ({ host, port }) => {
  const server = createUpperCaseServer();
  server.listen({ host, port });
  await once(server, 'listening');
  const bound = { host, port: (server.address() as AddressInfo).port };
  // Somebody could not be let in; those who are in stay.
  server.on('error', error => report(error, bound));
  console.log(`TCP server on ${host} port ${bound.port}`);
});
