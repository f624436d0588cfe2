/**
 * A session behind a router; a program of its own, for it runs in a network namespace. `argv[2]`: its options as JSON,
 * and a torrent, whose tracker is here. Lines in: `move`, `off`, `on`; it is closed at the end of input.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { createSession } from '../../dist/index.js';

const tell = (event, facts) => console.log(JSON.stringify({ event, ...facts }));
let mappings = 0;
let last = 'at first';
const info = (_, message) => {
  if (!message.includes('leads here')) return;
  // What is logged is told before the session knows that it has moved.
  setImmediate(() =>
    tell(`mapped ${++mappings}`, { port: session.address.port, mapped: session.light().mapped }),
  );
};
const silent = () => {};
const log = { debug: silent, info, warn: silent, error: silent };

const { torrent, ...options } = JSON.parse(process.argv[2]);
const session = await createSession({ ...options, log });
if (torrent !== undefined) {
  const tracker = createServer(({ url }, response) => {
    tell(`announced ${new URL(url, 'http://tracker').searchParams.get('port')} ${last}`);
    response.end('d8:intervali1800e5:peers0:e');
  });
  await once(tracker.listen(0, '127.0.0.1'), 'listening');
  tracker.unref();
  await session.add(torrent, { trackers: [[`http://127.0.0.1:${tracker.address().port}/announce`]] });
}
tell('session');
createInterface(process.stdin).on('line', async wish => {
  last = `after ${wish}`;
  if (wish === 'move') await session.listenOn({ port: 0 });
  if (wish === 'off') session.setDiscovery({ portMapping: false });
  if (wish === 'on') session.setDiscovery({ portMapping: true });
  tell(wish);
});
process.stdin.on('end', async () => {
  await session.close();
  tell('closed', { mapped: session.light().mapped });
});
