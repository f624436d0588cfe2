/** Sends a line over UDP and prints what comes back. Usage: udp-client [host] [port] */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { type Address, ANSWER_MS, readMessage, start } from './command-line.ts';
import { decode } from './upper-case.ts';

export async function ask(message: Buffer, { host, port }: Address, answerMs = ANSWER_MS): Promise<string> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  try {
    // Sends nothing. The system now passes on what comes from this address alone, and tells when nobody is there.
    socket.connect(port, host);
    await once(socket, 'connect');
    socket.send(message);
    // The lecture's client waits for ever when a datagram gets lost.
    const [answer] = await once(socket, 'message', { signal: AbortSignal.timeout(answerMs) });
    return decode(answer);
  } finally {
    socket.close();
  }
}

await start(import.meta.url, '127.0.0.1', async address => {
  console.log(await ask(await readMessage(), address));
});
