import net from 'node:net';

/** Below the range that the kernel gives to outgoing connections, so that nobody takes the port meanwhile. */
const FIRST = 20_000;
const COUNT = 12_000;

/** Test files that run side by side start at different places. */
let next = (process.pid * 97) % COUNT;

/** A port of 127.0.0.1 that is free for TCP; no other call in this process gets the same. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries++) {
    const port = FIRST + (next++ % COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port');
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve(true)));
  });
}
