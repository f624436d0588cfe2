import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createMachinery } from '../../../../src/engine/session/engine.js';
import { PieceIo } from '../../../../src/engine/session/piece-io.js';
import { createFileStore } from '../../../../src/engine/storage/file-store.js';
import { HandleCache } from '../../../../src/engine/storage/handle-cache.js';
import { createMemoryStore } from '../../../../src/engine/storage/memory-store.js';

const PIECE = 16 * 1024;
/** Ten files over nine pieces and a bit: borders lie inside pieces. */
const FILE = 15_000;
const FILES = 10;
const LENGTH = FILES * FILE;
const COUNT = Math.ceil(LENGTH / PIECE);

const content = randomBytes(LENGTH);
const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest();
const expected = Array.from({ length: COUNT }, (_, i) => sha1(content.subarray(i * PIECE, (i + 1) * PIECE)));
const table = { pieceLength: PIECE, length: LENGTH, pieces: Buffer.concat(expected) };

describe('a run of pieces', () => {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  function machinery() {
    const parts = createMachinery({ workers: 0, kernels: 'auto', memoryBytes: 8 << 20 });
    ends.push(() => parts.close());
    const slotBytes = 3 * PIECE;
    return { ...parts, run: { first: 0, count: COUNT, at: parts.budget.allocate(slotBytes), slotBytes } };
  }

  async function onDisk(maxHandles = 128) {
    const dir = mkdtempSync(join(tmpdir(), 'millrace-piece-io-'));
    ends.push(() => rmSync(dir, { recursive: true }));
    mkdirSync(join(dir, 'box'));
    const files = Array.from({ length: FILES }, (_, i) => {
      writeFileSync(join(dir, 'box', String(i)), content.subarray(i * FILE, (i + 1) * FILE));
      return { path: ['box', String(i)], length: FILE, offset: i * FILE, pad: false };
    });
    const { pool, arena, run } = machinery();
    const handles = new HandleCache({ maxHandles });
    ends.push(() => handles.close());
    const storage = createFileStore({ dir, files, length: LENGTH, handles, readOnly: true });
    return {
      io: new PieceIo(table, () => table.pieces, storage, pool, arena.buffer),
      pool,
      run,
      path: (i: number) => join(dir, 'box', String(i)),
    };
  }

  it('is hashed in one job', async () => {
    const { io, pool, run } = await onDisk();
    expect((await io.digests(run)).map(digest => Buffer.from(digest))).toEqual(expected);
    expect(await io.recheck({ ...run, first: 2, count: 3 })).toEqual([true, true, true]);
    expect(pool.stats().tasks).toBe(2);
  });

  it('over more files than may be open is hashed piece by piece', async () => {
    for (const maxHandles of [1, 2]) {
      const { io, run } = await onDisk(maxHandles);
      expect((await io.digests(run)).map(digest => Buffer.from(digest))).toEqual(expected);
    }
  });

  it('of a storage without files is hashed piece by piece', async () => {
    const { pool, arena, run } = machinery();
    const storage = createMemoryStore({ length: LENGTH, content: [content] });
    const io = new PieceIo(table, () => table.pieces, storage, pool, arena.buffer);
    expect((await io.digests(run)).map(digest => Buffer.from(digest))).toEqual(expected);
  });

  it('lacks the pieces of a missing and of a short file only', async () => {
    const { io, run, path } = await onDisk();
    rmSync(path(0));
    truncateSync(path(6), FILE - 1);
    writeFileSync(path(4), Buffer.alloc(FILE));
    // File 4 lies in pieces 3 and 4, the last byte of file 6 in piece 6.
    const good = [false, true, true, false, false, true, false, true, true, true];
    expect(await io.recheck(run)).toEqual(good);
    await expect(io.digests(run)).rejects.toMatchObject({ code: 'ERR_STORAGE_MISSING' });
  });
});
