/**
 * A session behind a router; a program of its own, for it runs in a network namespace. `argv[2]`: its options as JSON.
 * Lines in: `move`, `off`, `on`; it is closed at the end of input.
 */
import { createInterface } from 'node:readline';
import { createSession } from '../../dist/index.js';

const tell = (event, facts) => console.log(JSON.stringify({ event, ...facts }));
let mappings = 0;
const info = (_, message) => {
  if (!message.includes('leads here')) return;
  // What is logged is told before the session knows that it has moved.
  setImmediate(() =>
    tell(`mapped ${++mappings}`, { port: session.address.port, mapped: session.light().mapped }),
  );
};
const silent = () => {};
const log = { debug: silent, info, warn: silent, error: silent };

const session = await createSession({ ...JSON.parse(process.argv[2]), log });
tell('session');
createInterface(process.stdin).on('line', async wish => {
  if (wish === 'move') await session.listenOn({ port: 0 });
  if (wish === 'off') session.setDiscovery({ portMapping: false });
  if (wish === 'on') session.setDiscovery({ portMapping: true });
  tell(wish);
});
process.stdin.on('end', async () => {
  await session.close();
  tell('closed', { mapped: session.light().mapped });
});
