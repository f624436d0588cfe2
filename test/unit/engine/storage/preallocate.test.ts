import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFileStore } from '../../../../src/engine/storage/file-store.js';
import { HandleCache } from '../../../../src/engine/storage/handle-cache.js';
import { assertFreeSpace, fillWithZeros } from '../../../../src/engine/storage/preallocate.js';
import { closeRaw, openRaw } from '../../../../src/engine/storage/raw-fs.js';
import { filesOf, lengthOf, temporaryFolder } from './support.js';

describe('full preallocation', () => {
  it('fills each file to its length and keeps what was there', async () => {
    const dir = await temporaryFolder();
    await mkdir(join(dir, 't'));
    await writeFile(join(dir, 't/a'), 'kept');
    const files = filesOf(['t/a', 3_000_000], ['pad', 5, 'pad'], ['t/sub/b', 7]);
    const store = createFileStore({
      dir,
      files,
      length: lengthOf(files),
      handles: new HandleCache(),
      preallocate: 'full',
    });
    await store.open();
    const a = await readFile(join(dir, 't/a'));
    expect(a.length).toBe(3_000_000);
    expect(a.subarray(0, 4).toString()).toBe('kept');
    expect(a.subarray(4).every(byte => byte === 0)).toBe(true);
    const { size, blocks } = await stat(join(dir, 't/a'));
    expect(blocks * 512).toBeGreaterThanOrEqual(size);
    expect(await readFile(join(dir, 't/sub/b'))).toEqual(Buffer.alloc(7));
    await store.close();
  });

  it('refuses what cannot fit before it writes a byte', async () => {
    const dir = await temporaryFolder();
    const files = filesOf(['huge', 2 ** 52]);
    const store = createFileStore({
      dir,
      files,
      length: 2 ** 52,
      handles: new HandleCache(),
      preallocate: 'full',
    });
    await expect(store.open()).rejects.toMatchObject({
      code: 'ERR_STORAGE_FULL',
      facts: { neededBytes: 2 ** 52 },
    });
    await expect(stat(join(dir, 'huge'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(assertFreeSpace(dir, 1)).resolves.toBeUndefined();
    await store.close();
  });

  it('gives the file its old size back when it fails in the middle', async () => {
    const path = join(await temporaryFolder(), 'f');
    await writeFile(path, 'abc');
    const fd = await openRaw(path, 'r+');
    let slices = 0;
    const proceed = () => {
      if (++slices === 3) throw new Error('stop');
    };
    await expect(fillWithZeros(fd, 3, 5 << 20, proceed)).rejects.toThrow('stop');
    await closeRaw(fd);
    expect(await readFile(path, 'utf8')).toBe('abc');
  });
});
