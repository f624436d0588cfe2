// Time from the start of a download to its first verified piece, the peer being found by a tracker on loopback.
import { createTracker } from 'millrace/tracker';
import { roundName } from '../lib/pairs.mjs';
import { writeTorrent } from '../lib/payload.mjs';
import { summarize } from '../lib/stats.mjs';
import { startMillrace } from '../lib/transfer.mjs';

const HOST = '127.0.0.1';
const POLL_MS = 20;
const ANNOUNCE_TIMEOUT_MS = 20_000;

/**
 * @param {import('../lib/part.mjs').Context} context
 * @param {{ payload: string, seedDir: string, pieceLength: number }} options
 * @returns {Promise<import('../lib/stats.mjs').Summary>} seconds
 */
export async function measureFirstPiece({ samples, workspace, processes, progress }, options) {
  const { payload, seedDir, pieceLength } = options;
  const tracker = await createTracker({ http: { port: 0, host: HOST } });
  const seed = startMillrace(processes);
  try {
    const announce = tracker.http.url;
    const { torrent } = await writeTorrent(payload, workspace.path('tracked.torrent'), {
      pieceLength,
      announce,
    });
    await seed.ask('seed', { torrent, dir: seedDir, host: HOST });
    await until(() => tracker.stats().peers > 0);
    const seconds = [];
    for (let round = -1; round < samples; round++) {
      progress(`first piece, ${roundName(round, samples)}`);
      const downloader = startMillrace(processes);
      try {
        await downloader.ask('usage'); // it is up
        const dir = await workspace.fresh('first-piece');
        const result = await downloader.ask('firstPiece', { torrent, dir, host: HOST });
        if (round >= 0) seconds.push(result.seconds);
      } finally {
        await downloader.stop();
      }
    }
    return summarize(seconds);
  } finally {
    await seed.stop();
    await tracker.close();
  }
}

async function until(condition) {
  const deadlineMs = performance.now() + ANNOUNCE_TIMEOUT_MS;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error('the seed does not announce itself');
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
  }
}
