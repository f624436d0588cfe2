import { createHash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { encode } from '../../src/engine/protocol/bencode.js';
import { addressOf, KiB, openSession, openStage } from '../lib/e2e-stage.js';
import { hashTree, sampleBytes } from '../lib/sample-files.js';

const PIECE = 64 * KiB;
const A = sampleBytes(100 * KiB, 1);
const B = sampleBytes(50 * KiB, 2);
/** Fills piece 1 up and is all of piece 2. */
const PAD = 28 * KiB + PIECE;

describe('padding (BEP 47)', () => {
  it('is never sent nor stored, and counts as there', async () => {
    const stage = await openStage();
    const dir = stage.path('data');
    await mkdir(`${dir}/box`, { recursive: true });
    await writeFile(`${dir}/box/a.bin`, A);
    await writeFile(`${dir}/box/b.bin`, B);
    const whole = Buffer.concat([A, Buffer.alloc(PAD), B]);
    const hashes: Buffer[] = [];
    for (let at = 0; at < whole.length; at += PIECE)
      hashes.push(
        createHash('sha1')
          .update(whole.subarray(at, at + PIECE))
          .digest(),
      );
    const torrent = encode({
      info: {
        files: [
          { length: A.length, path: ['a.bin'] },
          { attr: 'p', length: PAD, path: ['.pad', String(PAD)] },
          { length: B.length, path: ['b.bin'] },
        ],
        name: 'box',
        'piece length': PIECE,
        pieces: Buffer.concat(hashes),
      },
    });

    const seed = await openSession(stage, { dir });
    const source = await seed.add(torrent);
    await source.completed();
    expect(source.stats()).toMatchObject({ state: 'seeding', pieces: 4, piecesDone: 4, done: whole.length });

    const session = await openSession(stage, { dir: stage.path('target') });
    const copy = await session.add(torrent, { peers: [addressOf(seed)] });
    await copy.completed();
    expect(copy.stats()).toMatchObject({ done: whole.length, wanted: whole.length, piecesDone: 4 });
    expect(copy.stats().downloaded).toBeLessThan(A.length + B.length + 16 * KiB);
    expect(await hashTree(stage.path('target'))).toEqual(await hashTree(dir));
    expect((await readdir(stage.path('target/box'))).sort()).toEqual(['a.bin', 'b.bin']);
  });
});
