// Plain TCP between two hosts, as a yardstick of the links: `serve` sends zeros to whoever connects, `fetch` counts.
import { connect, createServer } from 'node:net';

const CHUNK = Buffer.alloc(64 * 1024);

const [mode, host, port, bytes] = process.argv.slice(2);
if (mode === 'serve') serve();
else fetch();

function serve() {
  const server = createServer(async socket => {
    socket.on('error', () => {}); // it has enough
    for (let left = Number(bytes); left > 0; left -= CHUNK.length) {
      if (!socket.write(CHUNK.subarray(0, Math.min(left, CHUNK.length))))
        await new Promise(resolve => socket.once('drain', resolve));
    }
    socket.end();
  });
  server.listen(Number(port), host, () => process.stdout.write('listening\n'));
}

/** The rate of the later half: TCP has found the rate by then. */
function fetch() {
  let received = 0;
  let half;
  const socket = connect({ host, port: Number(port) });
  socket.on('data', chunk => {
    received += chunk.length;
    if (half === undefined && received >= Number(bytes) / 2) half = { received, ms: performance.now() };
  });
  socket.on('end', () => {
    const rate = ((received - half.received) * 1000) / (performance.now() - half.ms);
    process.stdout.write(`rate ${rate} of ${received}\n`);
  });
}
