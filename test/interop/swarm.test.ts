import { open } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { readTorrent } from '../../dist/index.js';
import { hashTree, writeSamples } from '../lib/sample-files.js';
import type { Stage } from '../lib/stage.js';
import { LibtorrentPeer, libtorrent } from './clients/libtorrent.js';
import { skipReason } from './clients/required.js';
import { CONTENTS, writeContent } from './content.js';
import { startMillrace, writeTorrent } from './millrace.js';
import { it } from './stage-test.js';

const PIECE_LENGTH = 256 * 1024;

async function writeSingle(stage: Stage): Promise<{ source: string; torrent: string; pieces: number }> {
  const source = await writeContent(stage.path('source'), 'single');
  const torrent = stage.path('single.torrent');
  await writeTorrent(source, torrent, { pieceLength: PIECE_LENGTH });
  return { source, torrent, pieces: (await readTorrent(torrent)).pieceCount };
}

/** A copy in which only the pieces that `keep` wants are good. */
async function writePart(dir: string, pieces: number, keep: (piece: number) => boolean): Promise<void> {
  await writeSamples(dir, CONTENTS.single, 1);
  const file = await open(`${dir}/single.bin`, 'r+');
  for (let piece = 0; piece < pieces; piece++)
    if (!keep(piece)) await file.write(Uint8Array.of(0xff, 0, 0xff, 0), 0, 4, piece * PIECE_LENGTH);
  await file.close();
}

describe.skipIf(skipReason([libtorrent]) !== undefined).concurrent('swarms with libtorrent', () => {
  it('two peers that have one half each: everybody completes through millrace', async ({ stage }) => {
    const { source, torrent, pieces } = await writeSingle(stage);
    const halves = [(piece: number) => piece % 2 === 0, (piece: number) => piece % 2 === 1];
    const others = await Promise.all(
      halves.map(async (keep, index) => {
        const dir = stage.path(`half-${index}`);
        await writePart(dir, pieces, keep);
        return LibtorrentPeer.start(stage, { torrent, dir, role: 'leech' });
      }),
    );
    const had = await Promise.all(others.map(other => other.program.event('checked')));
    expect(had[0].done).toBe(Math.ceil(pieces / 2));
    expect(had[1].done).toBe(Math.floor(pieces / 2));

    const peers = others.map(other => other.address);
    const ours = await startMillrace(stage, { torrent, dir: stage.path('copy'), peers });
    await ours.torrent.completed({ signal: AbortSignal.timeout(60_000) });
    await Promise.all(others.map(other => other.completed()));
    const wanted = await hashTree(source);
    for (const dir of ['copy', 'half-0', 'half-1'])
      expect(await hashTree(stage.path(dir, 'single.bin'))).toEqual(wanted);
    expect([...ours.complaints, ...others.flatMap(other => other.complaints())]).toEqual([]);
  });

  it('two downloaders and a slow seed: they give each other what they get', async ({ stage }) => {
    const { source, torrent } = await writeSingle(stage);
    const up = 3 * 1024 * 1024;
    const seed = await LibtorrentPeer.start(stage, { torrent, dir: stage.path('source'), role: 'seed', up });
    const ours = await startMillrace(stage, { torrent, dir: stage.path('copy'), peers: [seed.address] });
    const other = await LibtorrentPeer.start(stage, {
      torrent,
      dir: stage.path('other'),
      role: 'leech',
      dial: [seed.address, ours.address],
    });
    const fromOther = new Promise<number>(resolve => {
      ours.torrent.on('complete', () => {
        const peer = ours.torrent.stats().peers.find(({ incoming }) => incoming);
        resolve(peer?.downloaded ?? 0);
      });
    });
    await Promise.all([ours.torrent.completed({ signal: AbortSignal.timeout(60_000) }), other.completed()]);
    const wanted = await hashTree(source);
    expect(await hashTree(stage.path('copy', 'single.bin'))).toEqual(wanted);
    expect(await hashTree(stage.path('other', 'single.bin'))).toEqual(wanted);
    expect(ours.torrent.stats().uploaded).toBeGreaterThan(0);
    expect(await fromOther).toBeGreaterThan(0);
    expect([...ours.complaints, ...seed.complaints(), ...other.complaints()]).toEqual([]);
  });
});
