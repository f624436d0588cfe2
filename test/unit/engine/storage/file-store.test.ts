import { execFileSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, readdirSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FileStore } from '../../../../src/engine/storage/file-store.js';
import { createFileStore, type FileStoreOptions } from '../../../../src/engine/storage/file-store.js';
import { HandleCache } from '../../../../src/engine/storage/handle-cache.js';
import { filesOf, lengthOf, pattern, temporaryFolder } from './support.js';

const files = filesOf(['t/a', 10], ['t/sub/b', 20], ['t/sub/empty', 0]);

function storeIn(dir: string, options: Partial<FileStoreOptions> = {}): FileStore {
  const list = options.files ?? files;
  return createFileStore({
    dir,
    length: lengthOf(list),
    handles: new HandleCache(),
    ...options,
    files: list,
  });
}

/** What dup2(2) does, which Node lacks. */
function replaceDescriptor(fd: number, path: string): void {
  closeSync(fd);
  const others: number[] = [];
  for (let opened = openSync(path, 'r'); opened !== fd; opened = openSync(path, 'r')) others.push(opened);
  for (const other of others) closeSync(other);
}

describe('file store on disk', () => {
  it('makes folders and empty files at open, other files at the first write', async () => {
    const dir = join(await temporaryFolder(), 'new', 'folder');
    const store = storeIn(dir);
    await store.open();
    expect(readdirSync(join(dir, 't/sub'))).toEqual(['empty']);
    await store.write(25, pattern(5));
    expect(readdirSync(join(dir, 't')).sort()).toEqual(['sub']);
    expect((await stat(join(dir, 't/sub/b'))).size).toBe(20);
    await store.write(0, pattern(1));
    expect((await stat(join(dir, 't/a'))).size).toBe(1);
    await store.sync();
    await store.close();
  });

  it('reports what is missing or short as ERR_STORAGE_MISSING', async () => {
    const dir = await temporaryFolder();
    const store = storeIn(dir);
    await store.open();
    await expect(store.read(0, new Uint8Array(1))).rejects.toMatchObject({
      code: 'ERR_STORAGE_MISSING',
      facts: { path: 't/a', errno: 'ENOENT' },
    });
    await store.write(0, pattern(10));
    await truncate(join(dir, 't/a'), 4);
    await expect(store.read(2, new Uint8Array(5))).rejects.toMatchObject({
      code: 'ERR_STORAGE_MISSING',
      facts: { path: 't/a', end: 4, wanted: 7 },
    });
    await store.close();
  });

  it('leaves a longer file as it is, uses its own range, and tells', async () => {
    const dir = await temporaryFolder();
    await mkdir(join(dir, 't'));
    await writeFile(join(dir, 't/a'), 'x'.repeat(15));
    const store = storeIn(dir);
    await store.open();
    expect(store.oversized).toEqual(['t/a']);
    await store.write(0, new Uint8Array(10).fill(0x79));
    await store.sync();
    await store.close();
    expect(await readFile(join(dir, 't/a'), 'utf8')).toBe('y'.repeat(10) + 'x'.repeat(5));
  });

  it('makes and writes nothing when read-only', async () => {
    const dir = await temporaryFolder();
    const store = storeIn(join(dir, 'none'), { readOnly: true });
    await store.open();
    expect(readdirSync(dir)).toEqual([]);
    await expect(store.write(0, pattern(1))).rejects.toMatchObject({ code: 'ERR_STORAGE_ACCESS' });
    await expect(store.lease(0, 1, 'write')).rejects.toMatchObject({ code: 'ERR_STORAGE_ACCESS' });
    await expect(store.read(0, new Uint8Array(1))).rejects.toMatchObject({ code: 'ERR_STORAGE_MISSING' });
    await store.sync();
    await store.close();
  });

  it.skipIf(process.platform !== 'linux')('seeds and syncs a file that cannot be written', async () => {
    const program = process.execPath; // ETXTBSY for who may write it, EACCES for the others
    const list = filesOf([basename(program), (await stat(program)).size]);
    const store = storeIn(dirname(program), { files: list });
    await store.open();
    const head = new Uint8Array(4);
    await store.read(0, head);
    expect([...head]).toEqual([0x7f, 0x45, 0x4c, 0x46]); // ELF
    await store.sync();
    await expect(store.lease(0, 1, 'write')).rejects.toMatchObject({ code: 'ERR_STORAGE_ACCESS' });
    await store.close();
  });

  it.skipIf(process.getuid?.() === 0)('reports a folder without access as ERR_STORAGE_ACCESS', async () => {
    const dir = await temporaryFolder();
    await chmod(dir, 0o500);
    const store = storeIn(dir);
    await expect(store.open()).rejects.toMatchObject({ code: 'ERR_STORAGE_ACCESS' });
    await chmod(dir, 0o700);
    await store.close();
  });

  it('refuses unsafe components and files that do not add up', () => {
    for (const path of [['..', 'a'], ['.'], [''], ['a/b'], ['a\0b'], []])
      expect(() => storeIn('x', { files: [{ path, length: 0, offset: 0, pad: false }] })).toThrow(
        expect.objectContaining({ code: 'ERR_STORAGE_PATH' }),
      );
    expect(() => createFileStore({ dir: 'x', files, length: 31, handles: new HandleCache() })).toThrow(
      /hold 30/,
    );
  });

  it('does not make a download folder anew that vanished', async () => {
    const dir = join(await temporaryFolder(), 'mount');
    const store = storeIn(dir);
    await store.open();
    await rm(dir, { recursive: true });
    await expect(store.write(0, pattern(1))).rejects.toMatchObject({ code: 'ERR_STORAGE_MISSING' });
    await store.close();
  });

  it('leases descriptors that a worker can use, across files and padding', async () => {
    const dir = await temporaryFolder();
    const list = filesOf(['a', 10], ['pad', 6, 'pad'], ['b', 4]);
    const store = storeIn(dir, { files: list });
    await store.open();
    const lease = await store.lease(8, 10, 'write');
    expect(lease.extents.map(({ position, length }) => [position, length])).toEqual([
      [8, 2],
      [0, 6],
      [0, 2],
    ]);
    expect(lease.extents[1].fd).toBe(-1);
    expect(fstatSync(lease.extents[0].fd).isFile()).toBe(true);
    lease.release();
    lease.release();
    await store.close();
    expect(() => fstatSync(lease.extents[0].fd)).toThrow('EBADF');
    await expect(store.lease(0, 1, 'read')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await expect(store.sync()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('refuses to lease more files than may be open, but reads and writes them', async () => {
    const dir = await temporaryFolder();
    const list = filesOf(...Array.from({ length: 20 }, (_, i) => [`f${i}`, 3] as const));
    const store = storeIn(dir, { files: list, handles: new HandleCache({ maxHandles: 4 }) });
    await store.open();
    await expect(store.lease(0, 60, 'write')).rejects.toMatchObject({ code: 'ERR_STORAGE_HANDLES' });
    await store.write(0, pattern(60));
    const back = new Uint8Array(60);
    await store.read(0, back);
    expect(back).toEqual(pattern(60));
    await store.close();
  });

  it('fails every later sync when one has failed, for the pages are lost', async () => {
    const dir = await temporaryFolder();
    const store = storeIn(dir);
    await store.open();
    const lease = await store.lease(0, 1, 'write');
    replaceDescriptor(lease.extents[0].fd, '/dev/null'); // cannot be synced: EINVAL
    const lost = { code: 'ERR_STORAGE_IO', facts: { path: 't/a', errno: 'EINVAL' } };
    await expect(store.sync()).rejects.toMatchObject(lost);
    replaceDescriptor(lease.extents[0].fd, join(dir, 't/a'));
    lease.release();
    await expect(store.sync()).rejects.toMatchObject(lost);
    await store.close();
  });

  it('syncs again what may have been written after a sync under the same lease', async () => {
    const dir = await temporaryFolder();
    const store = storeIn(dir);
    await store.open();
    const lease = await store.lease(0, 1, 'write');
    await store.sync();
    replaceDescriptor(lease.extents[0].fd, '/dev/null');
    await store.sync(); // nothing new
    lease.release();
    await expect(store.sync()).rejects.toMatchObject({ code: 'ERR_STORAGE_IO' });
    await store.close();
  });

  it('syncs what it found: a killed process may have left it in the cache only', async () => {
    const dir = await temporaryFolder();
    await mkdir(join(dir, 't'));
    await writeFile(join(dir, 't/a'), 'found');
    const store = storeIn(dir);
    await store.open();
    await rm(join(dir, 't/a'));
    await expect(store.sync()).rejects.toMatchObject({ code: 'ERR_STORAGE_MISSING', facts: { path: 't/a' } });
    await store.close();
  });
});

describe('planted links', () => {
  async function trap() {
    const base = await temporaryFolder();
    const dir = join(base, 'downloads');
    const outside = join(base, 'outside');
    await mkdir(dir);
    await mkdir(outside);
    await writeFile(join(outside, 'b'), 'secret');
    return {
      dir,
      outside,
      untouched: async () => {
        expect(readdirSync(outside)).toEqual(['b']);
        expect(await readFile(join(outside, 'b'), 'utf8')).toBe('secret');
      },
    };
  }
  const refused = { code: 'ERR_STORAGE_PATH' };

  it('refuses a folder that is a link before open', async () => {
    const { dir, outside, untouched } = await trap();
    await symlink(outside, join(dir, 't'));
    const store = storeIn(dir, { files: filesOf(['t/b', 6], ['t/empty', 0]) });
    await expect(store.open()).rejects.toMatchObject({ ...refused, facts: { path: 't' } });
    await expect(store.write(0, pattern(6))).rejects.toMatchObject(refused);
    await expect(store.read(0, new Uint8Array(6))).rejects.toMatchObject(refused);
    await untouched();
  });

  it('refuses a file that is a link before open, also a dangling one', async () => {
    const { dir, outside, untouched } = await trap();
    await symlink(join(outside, 'b'), join(dir, 'x'));
    await symlink(join(outside, 'made'), join(dir, 'y'));
    for (const name of ['x', 'y']) {
      const store = storeIn(dir, { files: filesOf([name, 6]) });
      await expect(store.open()).rejects.toMatchObject(refused);
      await expect(store.write(0, pattern(6))).rejects.toMatchObject(refused);
      await expect(store.lease(0, 6, 'write')).rejects.toMatchObject(refused);
      await expect(store.lease(0, 6, 'read')).rejects.toMatchObject(refused);
    }
    await untouched();
  });

  it('refuses links planted between open and lease, at any depth', async () => {
    const { dir, outside, untouched } = await trap();
    const store = storeIn(dir, { files: filesOf(['t/s/u/b', 6], ['c', 6]) });
    await mkdir(join(dir, 't/s/u'), { recursive: true });
    await store.open();
    await symlink(join(outside, 'b'), join(dir, 'c'));
    await expect(store.lease(6, 6, 'write')).rejects.toMatchObject(refused);
    for (const depth of ['t/s/u', 't/s', 't']) {
      await rename(join(dir, depth), join(dir, 'moved'));
      await symlink(outside, join(dir, depth));
      await expect(store.lease(0, 6, 'write')).rejects.toMatchObject({ ...refused, facts: { path: depth } });
      await expect(store.read(0, new Uint8Array(6))).rejects.toMatchObject(refused);
      await rm(join(dir, depth));
      await rename(join(dir, 'moved'), join(dir, depth));
    }
    await store.write(0, pattern(6));
    await store.close();
    await untouched();
  });

  it('refuses a folder, a file as folder, and a pipe in place of a file without hanging', async () => {
    const { dir } = await trap();
    await mkdir(join(dir, 'folder'));
    await writeFile(join(dir, 'plain'), '');
    execFileSync('mkfifo', [join(dir, 'pipe')]);
    for (const name of ['folder', 'plain/b', 'pipe']) {
      const store = storeIn(dir, { files: filesOf([name, 6]) });
      await expect(store.open()).rejects.toMatchObject(refused);
      await expect(store.read(0, new Uint8Array(6))).rejects.toMatchObject(refused);
      await expect(store.write(0, pattern(6))).rejects.toMatchObject(refused);
    }
  });

  it('follows a link that is the download folder itself: the user chose it', async () => {
    const { dir, outside } = await trap();
    await symlink(outside, join(dir, 'chosen'));
    const store = storeIn(join(dir, 'chosen'), { files: filesOf(['b', 6]) });
    await store.open();
    const back = new Uint8Array(6);
    await store.read(0, back);
    expect(Buffer.from(back).toString()).toBe('secret');
    await store.close();
  });

  it.skipIf(process.platform !== 'linux')('leaves no descriptor behind', async () => {
    const { dir, outside } = await trap();
    const before = readdirSync('/proc/self/fd').length;
    await symlink(outside, join(dir, 'z'));
    const store = storeIn(dir, { files: filesOf(['t/s/b', 6], ['z/b', 6], ['t/s/c', 6]) });
    await store.write(0, pattern(6));
    await expect(store.write(6, pattern(6))).rejects.toMatchObject(refused);
    await expect(store.read(12, new Uint8Array(6))).rejects.toMatchObject({ code: 'ERR_STORAGE_MISSING' });
    await store.close();
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});
