/** A tracker, a seed and three downloaders in one process. Usage: private-swarm.mjs FILE FOLDER */
import { dirname, join, resolve } from 'node:path';
import { createSession, createTorrent } from 'millrace';
import { createTracker } from 'millrace/tracker';

const file = resolve(process.argv[2]);
const folder = resolve(process.argv[3]);
const listen = { host: '127.0.0.1' };

const tracker = await createTracker({ http: { host: '127.0.0.1', port: 0 } });
const { metainfo } = await createTorrent(file, { announce: [[tracker.http.url]], private: true });

const downloaders = [];
for (const name of ['a', 'b', 'c']) {
  const session = await createSession({ dir: join(folder, name), listen });
  downloaders.push({ name, session, torrent: await session.add(metainfo) });
}
const seed = await createSession({ dir: dirname(file), listen });
await seed.add(metainfo);

await Promise.all(
  downloaders.map(async ({ name, torrent }) => {
    await torrent.completed();
    console.log(`${name} has it`);
  }),
);
await Promise.all([seed, ...downloaders.map(({ session }) => session)].map(session => session.close()));
await tracker.close();
