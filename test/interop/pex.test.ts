import { describe, expect } from 'vitest';
import { hashTree, writeSamples } from '../lib/sample-files.js';
import type { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';
import { LibtorrentPeer, libtorrent } from './clients/libtorrent.js';
import { skipReason } from './clients/required.js';
import { startMillrace, writeTorrent } from './millrace.js';
import { it } from './stage-test.js';

const KiB = 1024;
const LENGTH = 2048 * KiB;

/** So slow that the one in the middle has nothing to give within the time of a test. */
const TRICKLE = KiB;

async function scene(stage: Stage) {
  const source = stage.path('source', 'film.bin');
  await writeSamples(stage.path('source'), { 'film.bin': LENGTH }, 1);
  const torrent = stage.path('film.torrent');
  await writeTorrent(source, torrent, { pieceLength: 32 * KiB });
  return {
    torrent,
    copied: async () =>
      expect(await hashTree(stage.path('copy'))).toEqual(await hashTree(stage.path('source'))),
  };
}

describe.skipIf(skipReason([libtorrent]) !== undefined).concurrent('peer exchange with libtorrent', () => {
  it('tells us of a seed', async ({ stage }) => {
    const { torrent, copied } = await scene(stage);
    const hub = await LibtorrentPeer.start(stage, {
      ...{ torrent, dir: stage.path('hub'), role: 'leech', up: TRICKLE },
    });
    // The one in the middle must not have everything before it has told: it would let the seed go.
    const limits = { peerUp: 256 * KiB };
    const seed = await startMillrace(stage, {
      ...{ torrent, dir: stage.path('source'), peers: [hub.address], limits },
    });
    const ours = await startMillrace(stage, { torrent, dir: stage.path('copy'), peers: [hub.address] });
    // Both are told of each other: whoever dials first is outgoing for one of them.
    const named = () => ours.torrent.stats().peers.some(({ sources }) => sources.includes('pex'));
    await until('the seed', named, { explain: () => hub.tail() });
    await ours.torrent.completed({ signal: AbortSignal.timeout(60_000) });
    expect(ours.torrent.stats().downloaded).toBeGreaterThanOrEqual(LENGTH);
    await copied();
    expect([...ours.complaints, ...seed.complaints, ...hub.complaints()]).toEqual([]);
  });

  it('is told by us of a seed', async ({ stage }) => {
    const { torrent, copied } = await scene(stage);
    const seed = await LibtorrentPeer.start(stage, { torrent, dir: stage.path('source'), role: 'seed' });
    const limits = { up: TRICKLE, peerDown: 64 * KiB };
    const hub = await startMillrace(stage, {
      ...{ torrent, dir: stage.path('hub'), peers: [seed.address], limits },
    });
    await until('the seed', () => hub.torrent.stats().peers.length > 0);
    const other = await LibtorrentPeer.start(stage, {
      ...{ torrent, dir: stage.path('copy'), role: 'leech', dial: [hub.address] },
    });
    await other.completed(60_000);
    expect(hub.torrent.light().done).toBeLessThan(LENGTH);
    await copied();
    expect([...hub.complaints, ...seed.complaints(), ...other.complaints()]).toEqual([]);
  });
});
