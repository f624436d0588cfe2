// Memory of a seed with many connections: idle, at work, and afterwards.
import { BLOCK_BYTES } from '../../dist/engine/protocol/peer/messages.js';
import { Crowd } from '../lib/crowd.mjs';
import { figure, group, size } from '../lib/format.mjs';
import { writePayload, writeTorrent } from '../lib/payload.mjs';

const PEERS = 500;
const MiB = 1024 * 1024;
const SETTLE_MS = 1500;

/** @param {import('../lib/part.mjs').Context} context */
export async function measureCrowded({ quick, workspace, processes, progress }) {
  const bytes = (quick ? 128 : 512) * MiB;
  const dir = await workspace.fresh('crowded');
  const payload = await writePayload(workspace.path('crowded', 'payload.bin'), bytes);
  const torrentPath = workspace.path('crowded.torrent');
  const { torrent, metainfo } = await writeTorrent(payload, torrentPath, { pieceLength: 16 * BLOCK_BYTES });
  const crowd = await Crowd.open(processes, { torrent, dir, metainfo });
  const rss = async () => {
    await new Promise(resolve => setTimeout(resolve, SETTLE_MS));
    return (await crowd.seed.usage()).rssBytes;
  };
  progress(`a seed with ${PEERS} connections`);
  const alone = await rss();
  await crowd.connect(PEERS);
  const connected = await rss();
  await crowd.fetch(bytes);
  const { peakBytes: peak } = await crowd.seed.usage();
  const after = await rss();
  await crowd.disconnect();
  const left = await rss();
  await crowd.stop();

  const each = (connected - alone) / PEERS;
  return {
    method: `Connections: a seed with ${PEERS} connected peers that are idle, then fetch ${size(bytes)} together, then leave.`,
    tables: [
      {
        title: `Memory of a seed with ${group(PEERS)} connections`,
        columns: ['state', 'MB'],
        rows: [
          ['alone', figure(alone / 1e6)],
          [`${PEERS} idle connections`, figure(connected / 1e6)],
          ['peak while they fetch', figure(peak / 1e6)],
          ['afterwards', figure(after / 1e6)],
          ['when they have left', figure(left / 1e6)],
        ],
        notes: [`an idle connection costs ${figure(each / 1e3)} kB`],
      },
    ],
    charts: [],
    figures: [
      { id: 'memory.connections.each', value: each, unit: 'B', better: 'lower' },
      { id: 'memory.connections.peak', value: peak, unit: 'B', better: 'lower', tolerance: 0.3 },
      { id: 'memory.connections.after', value: after, unit: 'B', better: 'lower' },
    ],
    data: { peers: PEERS, alone, connected, peak, after, left },
  };
}
