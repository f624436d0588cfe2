/** A seed that shares the descriptors it may have. `argv[2]`: folders and .torrent as JSON. */
import { shareDescriptors } from '../../dist/daemon/limits/descriptors.js';
import { fileLimit, openFiles } from '../../dist/daemon/metrics/machine.js';
import { createSession } from '../../dist/index.js';

const { dir, stateDir, torrent } = JSON.parse(process.argv[2]);
const tell = (event, facts) => console.log(JSON.stringify({ event, ...facts }));

const limit = await fileLimit();
const { files, connections } = shareDescriptors(limit, 2000);
const session = await createSession({
  dir,
  stateDir,
  listen: { host: '127.0.0.1' },
  maxOpenFiles: files,
  maxConnections: connections,
});
const seeding = await session.add(torrent, { check: 'full' });
seeding.on('error', ({ error }) => tell('error', { code: error.code, message: error.message }));
await seeding.checked();
tell('seed', { address: session.address, limit, connections });
process.stdin.resume().on('data', async () => {
  tell('open', { files: await openFiles(), connections: session.stats().connections, state: seeding.state });
});
process.stdin.on('end', async () => {
  await session.close();
  tell('closed');
});
