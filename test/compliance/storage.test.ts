import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MappedFile } from '../../src/engine/storage/file-map.js';
import { createFileStore } from '../../src/engine/storage/file-store.js';
import { HandleCache } from '../../src/engine/storage/handle-cache.js';
import { createMemoryStore } from '../../src/engine/storage/memory-store.js';
import { createSlowStorage } from '../../src/engine/storage/middleware/slow.js';
import type { Storage } from '../../src/engine/swarm/ports.js';
import { filesOf, lengthOf, pattern } from '../unit/engine/storage/support.js';

let root: string;
let folders = 0;
const handles = new HandleCache({ maxHandles: 3 });

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'millrace-compliance-'));
});
afterAll(async () => {
  await handles.close();
  await rm(root, { recursive: true, force: true });
});

const onDisk = (files: readonly MappedFile[], preallocate: 'sparse' | 'full'): Storage =>
  createFileStore({ dir: join(root, `${folders++}`), files, length: lengthOf(files), handles, preallocate });

const stores: [string, (files: readonly MappedFile[]) => Storage][] = [
  ['file store', files => onDisk(files, 'sparse')],
  ['file store, full', files => onDisk(files, 'full')],
  ['memory store', files => createMemoryStore({ files, length: lengthOf(files) })],
  [
    'memory store in small chunks',
    files => createMemoryStore({ files, length: lengthOf(files), chunkBytes: 7 }),
  ],
  ['file store behind middleware', files => createSlowStorage(onDisk(files, 'sparse'))],
];

describe.each(stores)('%s', (_, create) => {
  const files = filesOf(
    ['t/a', 10],
    ['t/none', 0],
    ['t/d/b', 20],
    ['t/.pad/6', 6, 'pad'],
    ['t/d/c', 30],
    ['t/end', 0],
  );
  const length = lengthOf(files);

  async function opened(list = files): Promise<Storage> {
    const storage = create(list);
    await storage.open();
    return storage;
  }

  async function readBack(storage: Storage, at: number, count: number): Promise<Uint8Array> {
    const into = new Uint8Array(count).fill(0xee);
    await storage.read(at, into);
    return into;
  }

  it('reads what was written, across all files', async () => {
    const storage = await opened();
    expect(storage.length).toBe(length);
    const bytes = pattern(length);
    await storage.write(0, bytes);
    await storage.sync();
    bytes.fill(0, 30, 36); // padding keeps nothing
    expect(await readBack(storage, 0, length)).toEqual(bytes);
    for (let at = 0; at < length; at++)
      expect(await readBack(storage, at, 1)).toEqual(bytes.subarray(at, at + 1));
    expect(await readBack(storage, 8, 30)).toEqual(bytes.subarray(8, 38));
    await storage.close();
  });

  it('takes concurrent writes and reads of different ranges', async () => {
    const storage = await opened();
    const bytes = pattern(length, 3);
    const starts = Array.from({ length: Math.ceil(length / 7) }, (_, i) => 7 * i).reverse();
    await Promise.all(starts.map(at => storage.write(at, bytes.subarray(at, at + 7))));
    bytes.fill(0, 30, 36);
    const parts = await Promise.all(starts.map(at => readBack(storage, at, Math.min(7, length - at))));
    for (const [i, at] of starts.entries()) expect(parts[i]).toEqual(bytes.subarray(at, at + 7));
    await storage.close();
  });

  it('reads padding as zeros though nothing was written', async () => {
    const storage = await opened();
    expect(await readBack(storage, 30, 6)).toEqual(new Uint8Array(6));
    await storage.write(31, pattern(3));
    expect(await readBack(storage, 30, 6)).toEqual(new Uint8Array(6));
    await storage.close();
  });

  it('takes empty ranges, refuses those outside', async () => {
    const storage = await opened();
    await storage.write(length, new Uint8Array(0));
    await storage.read(0, new Uint8Array(0));
    await expect(storage.read(length, new Uint8Array(1))).rejects.toThrow(RangeError);
    await expect(storage.write(-1, new Uint8Array(1))).rejects.toThrow(RangeError);
    await expect(storage.write(0, new Uint8Array(length + 1))).rejects.toThrow(RangeError);
    await storage.close();
  });

  it('stamps each file by what was written to it', async () => {
    const storage = await opened();
    await storage.write(0, pattern(10));
    const before = await storage.stamps();
    expect(before.map(({ size }) => size)).toMatchObject({ 0: 10, 1: 0, 3: -1, 5: 0, length: 6 });
    expect(await storage.stamps()).toEqual(before);
    await storage.write(10, pattern(20));
    const after = await storage.stamps();
    expect(after[2].size).toBe(20);
    expect(after[0]).toEqual(before[0]);
    await storage.close();
  });

  it('reads and writes shared memory', async () => {
    const storage = await opened();
    const shared = new Uint8Array(new SharedArrayBuffer(64), 8, 30);
    shared.set(pattern(30));
    await storage.write(0, shared);
    shared.fill(0);
    await storage.read(0, shared);
    expect(Uint8Array.from(shared)).toEqual(pattern(30));
    await storage.close();
  });

  it('holds a torrent without bytes', async () => {
    const storage = await opened(filesOf(['only', 0]));
    await storage.read(0, new Uint8Array(0));
    await storage.sync();
    expect((await storage.stamps())[0].size).toBe(0);
    await storage.close();
  });

  it('refuses work after close', async () => {
    const storage = await opened();
    await storage.close();
    await expect(storage.write(0, pattern(1))).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await expect(storage.read(0, new Uint8Array(1))).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await expect(storage.sync()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await storage.close();
  });
});

describe.each(stores.slice(0, 2))('%s', (_, create) => {
  it('leases a handle a file and none for padding', async () => {
    const files = filesOf(['x', 5], ['pad', 3, 'pad'], ['y', 8]);
    const storage = create(files);
    await storage.open();
    await storage.write(0, pattern(16));
    const { extents, release } = await storage.lease!(3, 10, 'read');
    expect(extents.map(({ length }) => length)).toEqual([2, 3, 5]);
    expect(extents.map(({ fd }) => fd >= 0)).toEqual([true, false, true]);
    release();
    await storage.close();
  });
});
