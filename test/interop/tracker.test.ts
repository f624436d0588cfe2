import { describe, expect } from 'vitest';
import { createTracker, type Tracker } from '../../dist/tracker/index.js';
import { hashTree } from '../lib/sample-files.js';
import type { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';
import { LibtorrentPeer, libtorrent } from './clients/libtorrent.js';
import { skipReason } from './clients/required.js';
import { transmission } from './clients/transmission.js';
import { writeContent } from './content.js';
import { startMillrace, writeTorrent } from './millrace.js';
import { it } from './stage-test.js';

const PIECE_LENGTH = 256 * 1024;

async function startTracker(stage: Stage, kind: 'http' | 'udp'): Promise<{ tracker: Tracker; url: string }> {
  const tracker = await createTracker({ [kind]: { host: '127.0.0.1', port: 0 } });
  stage.defer(() => tracker.close());
  return { tracker, url: tracker[kind]!.url };
}

describe
  .skipIf(skipReason([libtorrent]) !== undefined)
  .concurrent('libtorrent and the tracker of millrace', () => {
    for (const kind of ['http', 'udp'] as const) {
      it(`a private torrent over ${kind}: libtorrent learns of a millrace seed`, async ({ stage }) => {
        const { tracker, url } = await startTracker(stage, kind);
        const source = await writeContent(stage.path('source'), 'single');
        const torrent = stage.path('private.torrent');
        await writeTorrent(source, torrent, { pieceLength: PIECE_LENGTH, announce: [[url]], private: true });
        const ours = await startMillrace(stage, { torrent, dir: stage.path('source') });
        expect(ours.torrent.metainfo.private).toBe(true);
        await until('our announce', () => tracker.stats().peers === 1);
        const other = await LibtorrentPeer.start(stage, {
          torrent,
          dir: stage.path('copy'),
          role: 'leech',
          trackers: true,
        });
        await other.completed();
        expect(await hashTree(stage.path('copy', 'single.bin'))).toEqual(await hashTree(source));
        expect(await other.program.event('tracker')).toMatchObject({ url, peers: 1 });
        expect(tracker.stats().peers).toBe(2);

        // Our `stopped` takes us off the list.
        await ours.session.close();
        expect(tracker.stats().peers).toBe(1);
        expect([...ours.complaints, ...other.complaints()]).toEqual([]);
      });

      it(`a private torrent over ${kind}: millrace learns of a libtorrent seed`, async ({ stage }) => {
        const { tracker, url } = await startTracker(stage, kind);
        const source = await writeContent(stage.path('source'), 'single');
        const torrent = stage.path('private.torrent');
        await writeTorrent(source, torrent, { pieceLength: PIECE_LENGTH, announce: [[url]], private: true });
        const other = await LibtorrentPeer.start(stage, {
          torrent,
          dir: stage.path('source'),
          role: 'seed',
          trackers: true,
        });
        await until('the announce of libtorrent', () => tracker.stats().peers === 1);
        const ours = await startMillrace(stage, { torrent, dir: stage.path('copy') });
        await ours.torrent.completed({ signal: AbortSignal.timeout(60_000) });
        expect(await hashTree(stage.path('copy', 'single.bin'))).toEqual(await hashTree(source));
        expect(ours.torrent.stats().trackers).toMatchObject([{ url }]);

        // libtorrent says `stopped` too.
        other.program.endInput();
        await other.program.exits();
        await until('that libtorrent is off the list', () => tracker.stats().peers === 1);
        expect([...ours.complaints, ...other.complaints()]).toEqual([]);
      });
    }
  });

describe
  .skipIf(skipReason([transmission]) !== undefined)
  .concurrent('Transmission and the tracker of millrace', () => {
    it('they meet over UDP', async ({ stage }) => {
      const { tracker, url } = await startTracker(stage, 'udp');
      const source = await writeContent(stage.path('source'), 'single');
      const torrent = stage.path('udp.torrent');
      await writeTorrent(source, torrent, { pieceLength: PIECE_LENGTH, announce: [[url]] });
      const other = await transmission.start(stage, { torrent, dir: stage.path('source'), role: 'seed' });
      await until('the announce of Transmission', () => tracker.stats().peers === 1);
      const ours = await startMillrace(stage, { torrent, dir: stage.path('copy') });
      await ours.torrent.completed({ signal: AbortSignal.timeout(60_000) });
      expect(await hashTree(stage.path('copy', 'single.bin'))).toEqual(await hashTree(source));
      expect([...ours.complaints, ...other.complaints()]).toEqual([]);
    });
  });
