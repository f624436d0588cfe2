// Two peers that download all torrents from one daemon, slowly: each a session of its own, in one process.
import { createSession, parseMetainfo } from 'millrace';
import { serve } from '../lib/child.mjs';

const PEERS = 2;
/** Torrents that are added at a time. */
const AT_ONCE = 16;

const sessions = [];

serve({
  /** @param {{ dir: string, address: { host: string, port: number }, torrents: readonly string[], down: number }} args */
  async download({ dir, address, torrents, down }) {
    const metainfos = torrents.map(torrent => parseMetainfo(Buffer.from(torrent, 'base64')));
    for (let peer = 0; peer < PEERS; peer++) {
      const session = await createSession({ dir: `${dir}/peer-${peer}`, listen: false, workers: 0 });
      sessions.push(session);
      let next = 0;
      const addOn = async () => {
        for (let i = next++; i < metainfos.length; i = next++)
          await session.add(metainfos[i], { peers: [address], limits: { down } });
      };
      await Promise.all(Array.from({ length: AT_ONCE }, addOn));
    }
  },

  /** Connections to the daemon, and what came over them so far. */
  look() {
    const torrents = sessions.flatMap(session => session.stats().torrents);
    const sum = of => torrents.reduce((all, torrent) => all + of(torrent), 0);
    return { peers: sum(({ peers }) => peers.length), downloaded: sum(({ downloaded }) => downloaded) };
  },

  async close() {
    await Promise.all(sessions.map(session => session.close()));
  },
});
