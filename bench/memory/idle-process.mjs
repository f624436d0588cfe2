// A process with one session that seeds many torrents to nobody.
import { createSession } from 'millrace';
import { serve } from '../lib/child.mjs';

let session;

serve({
  async open() {
    session = await createSession({ listen: { host: '127.0.0.1' } });
  },

  /** @returns seconds until all are seeding */
  async add({ dir, count }) {
    const startMs = performance.now();
    const checks = [];
    for (let i = 0; i < count; i++) {
      const torrent = await session.add(`${dir}/${i}.torrent`, { dir, check: 'seed' });
      checks.push(torrent.checked());
    }
    await Promise.all(checks);
    return { seconds: (performance.now() - startMs) / 1000 };
  },

  async close() {
    await session?.close();
  },
});
