// A process with one session that seeds many torrents to nobody.
import { createSession } from 'millrace';
import { serve } from '../lib/child.mjs';

/** Torrents that are added at a time, so that reading one goes on while another is read: a program that starts does so. */
const AT_ONCE = 16;

let session;

serve({
  async open() {
    session = await createSession({ listen: { host: '127.0.0.1' } });
  },

  /** @returns seconds until all are seeding */
  async add({ dir, count }) {
    const startMs = performance.now();
    const checks = [];
    let next = 0;
    const addOn = async () => {
      while (next < count) {
        const torrent = await session.add(`${dir}/${next++}.torrent`, { dir, check: 'seed' });
        checks.push(torrent.checked());
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, addOn));
    await Promise.all(checks);
    return { seconds: (performance.now() - startMs) / 1000 };
  },

  async close() {
    await session?.close();
  },
});
