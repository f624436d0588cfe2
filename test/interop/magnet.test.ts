import { basename } from 'node:path';
import { describe, expect } from 'vitest';
import { formatMagnet, readTorrent } from '../../dist/index.js';
import { createTracker } from '../../dist/tracker/index.js';
import { hashTree, writeSamples } from '../lib/sample-files.js';
import type { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';
import { aria2 } from './clients/aria2.js';
import type { Client } from './clients/client.js';
import { libtorrent } from './clients/libtorrent.js';
import { skipReason } from './clients/required.js';
import { transmission } from './clients/transmission.js';
import { startMillrace, writeTorrent } from './millrace.js';
import { it } from './stage-test.js';

/** Pieces of 16 KiB make an info dictionary of three parts. */
const LENGTH = 30 * 1024 * 1024 + 5;

async function scene(stage: Stage, client: Client) {
  const source = stage.path('source', 'film.bin');
  await writeSamples(stage.path('source'), { [basename(source)]: LENGTH }, 1);
  const tracker = await createTracker({ http: { host: '127.0.0.1', port: 0 } });
  stage.defer(() => tracker.close());
  const byTracker = client !== libtorrent;
  const torrent = stage.path('film.torrent');
  const trackers = byTracker ? [tracker.http!.url] : [];
  await writeTorrent(source, torrent, { pieceLength: 16 * 1024, announce: [trackers] });
  const { infoHash, infoBytes } = await readTorrent(torrent);
  expect(infoBytes.length).toBeGreaterThan(2 * 16 * 1024);
  return {
    torrent,
    magnet: formatMagnet({ infoHash, trackers }),
    from: stage.path('source'),
    to: stage.path('copy'),
    byTracker,
    announced: () => until('an announce', () => !byTracker || tracker.stats().peers > 0),
    copied: async () =>
      expect(await hashTree(stage.path('copy'))).toEqual(await hashTree(stage.path('source'))),
  };
}

for (const client of [libtorrent, aria2, transmission])
  describe.skipIf(skipReason([client]) !== undefined).concurrent(client.name, () => {
    it('hands its metadata to millrace', async ({ stage }) => {
      const { torrent, magnet, from, to, byTracker, announced, copied } = await scene(stage, client);
      const other = await client.start(stage, { torrent, dir: from, role: 'seed' });
      await announced();
      const peers = byTracker ? [] : [other.address];
      const signal = AbortSignal.timeout(60_000);
      const ours = await startMillrace(stage, { torrent: magnet, dir: to, peers, signal }).catch(error => {
        throw new Error(`${error}\n${other.tail()}`);
      });
      await ours.torrent.completed({ signal });
      await copied();
      expect(ours.complaints).toEqual([]);
      expect(other.complaints()).toEqual([]);
    });

    // We dial it: Transmission dials nobody on loopback, and aria2, which tells trackers that it lacks nothing while it
    // has no metadata, learns of no seeds there.
    it('gets its metadata from millrace', async ({ stage }) => {
      const { torrent, magnet, from, to, copied } = await scene(stage, client);
      const other = await client.start(stage, { torrent: magnet, dir: to, role: 'leech' });
      const ours = await startMillrace(stage, { torrent, dir: from, peers: [other.address] });
      await other.completed(60_000).catch(error => {
        throw new Error(`${error}\n${JSON.stringify(ours.torrent.stats(), undefined, 1)}\n${other.tail()}`);
      });
      await copied();
      expect(ours.complaints).toEqual([]);
      expect(other.complaints()).toEqual([]);
    });
  });
