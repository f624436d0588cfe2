import { describe, expect } from 'vitest';
import { createTorrent, readTorrent, verifyTorrent } from '../../dist/index.js';
import { hashTree } from '../lib/sample-files.js';
import { missingProgram } from './clients/installed.js';
import { LibtorrentPeer, libtorrent } from './clients/libtorrent.js';
import { skipReason } from './clients/required.js';
import { EMPTY_FILE, writeContent } from './content.js';
import { startMillrace } from './millrace.js';
import { it } from './stage-test.js';

const PIECE_LENGTH = 256 * 1024;
const TRACKER = 'http://127.0.0.1:9/announce';

/** Programs that make torrents; the matrix of transfer.test.ts has theirs made by millrace. */
const MAKERS = [
  {
    name: 'transmission-create',
    skipsEmptyFiles: true,
    missing: () => missingProgram('transmission-create', ['--version'], 'transmission-cli'),
    args: (path: string, out: string) => ['-s', '256', '-t', TRACKER, '-o', out, path],
  },
  {
    name: 'mktorrent',
    skipsEmptyFiles: false,
    missing: () => missingProgram('mktorrent', ['-h'], 'mktorrent'),
    args: (path: string, out: string) => ['-l', '18', '-a', TRACKER, '-o', out, path],
  },
];

for (const { name, skipsEmptyFiles, missing, args } of MAKERS)
  describe.skipIf(skipReason([libtorrent, { name, missing }]) !== undefined).concurrent(name, () => {
    it('its torrent of a folder is read, verified and downloaded', async ({ stage }) => {
      const source = await writeContent(stage.path('source'), 'multi');
      const torrent = stage.path('made.torrent');
      await stage.run(name, args(source, torrent)).exits();

      const made = await readTorrent(torrent);
      const { metainfo } = await createTorrent(source, { pieceLength: PIECE_LENGTH, workers: 1 });
      const files = (of: typeof made) =>
        of.files.map(({ path, length }) => `${path.join('/')} ${length}`).sort();
      expect(files(made)).toEqual(files(metainfo).filter(file => !(skipsEmptyFiles && file.endsWith(' 0'))));
      expect(made.announce).toEqual([[TRACKER]]);
      const checked = await verifyTorrent(torrent, { dir: stage.path('source'), workers: 1 });
      expect(checked).toMatchObject({ good: made.pieceCount, bad: [] });

      const other = await LibtorrentPeer.start(stage, { torrent, dir: stage.path('source'), role: 'seed' });
      const peers = [other.address];
      const ours = await startMillrace(stage, { torrent, dir: stage.path('copy'), peers, trackers: [] });
      await ours.torrent.completed({ signal: AbortSignal.timeout(60_000) });
      expect(await hashTree(stage.path('copy', 'multi'))).toEqual(
        await hashTree(source, path => skipsEmptyFiles && path === EMPTY_FILE),
      );
      expect([...ours.complaints, ...other.complaints()]).toEqual([]);
    });

    it('its torrent of a file is the one that millrace makes', async ({ stage }) => {
      const source = await writeContent(stage.path('source'), 'single');
      const torrent = stage.path('made.torrent');
      await stage.run(name, args(source, torrent)).exits();
      const made = await readTorrent(torrent);
      const { metainfo } = await createTorrent(source, { pieceLength: PIECE_LENGTH, workers: 1 });
      expect(made.pieces).toEqual(metainfo.pieces);
      expect(made.files).toEqual(metainfo.files);
    });
  });
