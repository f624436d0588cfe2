import { describe, expect } from 'vitest';
import { readTorrent } from '../../dist/index.js';
import { hashTree } from '../lib/sample-files.js';
import type { Stage } from '../lib/stage.js';
import { createPadded, LibtorrentPeer, libtorrent } from './clients/libtorrent.js';
import { skipReason } from './clients/required.js';
import { writeContent } from './content.js';
import { startMillrace } from './millrace.js';
import { it } from './stage-test.js';

const isPad = (path: string) => path.startsWith('.pad/');

async function writePadded(stage: Stage): Promise<{ source: string; torrent: string }> {
  const source = await writeContent(stage.path('source'), 'multi');
  const torrent = stage.path('padded.torrent');
  await createPadded(stage, source, torrent, 256 * 1024);
  const { files } = await readTorrent(torrent);
  expect(files.filter(file => file.pad).length).toBeGreaterThan(4);
  return { source, torrent };
}

describe.skipIf(skipReason([libtorrent]) !== undefined).concurrent('pad files of libtorrent (BEP 47)', () => {
  it('millrace downloads, and writes no pad file', async ({ stage }) => {
    const { source, torrent } = await writePadded(stage);
    const other = await LibtorrentPeer.start(stage, { torrent, dir: stage.path('source'), role: 'seed' });
    const ours = await startMillrace(stage, { torrent, dir: stage.path('copy'), peers: [other.address] });
    await ours.torrent.completed({ signal: AbortSignal.timeout(60_000) });
    expect(await hashTree(stage.path('copy', 'multi'))).toEqual(await hashTree(source));
    expect([...ours.complaints, ...other.complaints()]).toEqual([]);
  });

  it('millrace seeds', async ({ stage }) => {
    const { source, torrent } = await writePadded(stage);
    const ours = await startMillrace(stage, { torrent, dir: stage.path('source') });
    expect(ours.torrent.state).toBe('seeding');
    const dial = [ours.address];
    const other = await LibtorrentPeer.start(stage, {
      torrent,
      dir: stage.path('copy'),
      role: 'leech',
      dial,
    });
    await other.completed();
    expect(await hashTree(stage.path('copy', 'multi'), isPad)).toEqual(await hashTree(source));
    expect([...ours.complaints, ...other.complaints()]).toEqual([]);
  });
});
