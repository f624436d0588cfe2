import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createMetainfo } from '../../../../src/engine/protocol/create-metainfo.js';
import { parseMetainfo } from '../../../../src/engine/protocol/metainfo.js';
import { StoredMetainfo } from '../../../../src/engine/session/stored-metainfo.js';

const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest();

function torrent(pieces: Uint8Array, comment?: string) {
  const length = (pieces.length / 20) * 16384;
  const files = [{ path: ['a'], length }];
  const bytes = createMetainfo({ name: 'a', files, singleFile: true, pieceLength: 16384, pieces, comment });
  return parseMetainfo(bytes, { sha1 });
}

/** What lies on disk can be changed; reads are counted. */
function scene() {
  const first = torrent(randomBytes(60), 'as it was');
  const disk = { now: first, reads: 0 };
  const readSync = () => {
    disk.reads++;
    return disk.now;
  };
  const stored = new StoredMetainfo(first, { readSync, read: async () => readSync() });
  return { first, disk, stored };
}

describe('StoredMetainfo', () => {
  it('says what the file says, without reading while it holds the hashes', () => {
    const { first, disk, stored } = scene();
    expect({ ...stored, infoBytes: stored.infoBytes, pieces: stored.pieces }).toEqual(first);
    expect(stored.hashes()).toEqual(first.pieces);
    expect(disk.reads).toBe(0);
  });

  it('reads once for all who hash at a time, and holds the hashes until they are released', async () => {
    const { first, disk, stored } = scene();
    stored.release();
    const all = await Promise.all([stored.hashes(), stored.hashes(), stored.hashes()]);
    for (const hashes of all) expect(hashes).toEqual(first.pieces);
    expect(disk.reads).toBe(1);
    expect(stored.hashes()).toEqual(first.pieces);
    stored.release();
    await stored.hashes();
    expect(disk.reads).toBe(2);
  });

  it('reads once for somebody who looks as long as the bytes are in use', () => {
    const { first, disk, stored } = scene();
    stored.release();
    const { pieces } = stored;
    expect(pieces).toEqual(first.pieces);
    expect(stored.infoBytes).toEqual(first.infoBytes);
    expect(stored.pieces).toEqual(pieces);
    expect(disk.reads).toBe(1);
  });

  it('reads once for all who hand it on at a time, and does not hold it', async () => {
    const { first, disk, stored } = scene();
    expect(await stored.readInfo()).toEqual(first.infoBytes);
    expect(disk.reads).toBe(0);
    stored.release();
    const all = await Promise.all([stored.readInfo(), stored.readInfo()]);
    for (const info of all) expect(info).toEqual(first.infoBytes);
    expect(disk.reads).toBe(1);
    expect(stored.infoLength).toBe(first.infoBytes.length);
    expect(stored.hashes()).toBeInstanceOf(Promise);
  });

  it('takes the same torrent in another file, and no other torrent', async () => {
    const { first, disk, stored } = scene();
    stored.release();
    disk.now = torrent(first.pieces, 'written anew');
    expect(await stored.hashes()).toEqual(first.pieces);
    stored.release();
    disk.now = torrent(randomBytes(60));
    const lost = { code: 'ERR_METAINFO_LOST', facts: { infoHash: first.infoHash } };
    await expect(stored.hashes()).rejects.toMatchObject(lost);
    disk.now = first;
    expect(await stored.hashes()).toEqual(first.pieces); // it is tried again
  });
});
