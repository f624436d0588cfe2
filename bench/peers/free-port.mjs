import { once } from 'node:events';
import { createServer } from 'node:net';

/** A TCP port that was free a moment ago. @param {string} host */
export async function freePort(host) {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
