import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../../src/engine/storage/memory-store.js';
import { pattern } from './support.js';

describe('memory store', () => {
  it('begins with given content and needs no chunk for the rest', async () => {
    const store = createMemoryStore({ length: 100, content: [pattern(7), pattern(13, 2)], chunkBytes: 10 });
    const back = new Uint8Array(20);
    await store.read(0, back);
    expect(back.subarray(0, 7)).toEqual(pattern(7));
    expect(back.subarray(7)).toEqual(pattern(13, 2));
    await expect(store.read(19, new Uint8Array(2))).rejects.toMatchObject({ code: 'ERR_STORAGE_MISSING' });
    expect(store.lease).toBeUndefined();
  });

  it('stays small for a huge torrent and reports memory that cannot be had', async () => {
    const store = createMemoryStore({ length: 2 ** 50 });
    await store.write(2 ** 50 - 1, pattern(1));
    const greedy = createMemoryStore({ length: 2 ** 50, chunkBytes: 2 ** 50 });
    await expect(greedy.write(0, pattern(1))).rejects.toMatchObject({ code: 'ERR_STORAGE_FULL' });
  });

  it('changes the stamp with each write', async () => {
    const store = createMemoryStore({ length: 2 });
    const seen = [await store.stamps()];
    for (let i = 0; i < 3; i++) {
      await store.write(0, pattern(1));
      seen.push(await store.stamps());
    }
    expect(new Set(seen.map(([stamp]) => JSON.stringify(stamp))).size).toBe(4);
    expect(seen[0]).toEqual([{ size: -1, mtimeMs: 0 }]);
  });

  it('refuses a length that its files do not have, and work after close', async () => {
    expect(() => createMemoryStore({ length: 5, files: [] })).toThrow(RangeError);
    expect(() => createMemoryStore({ length: 5, chunkBytes: 0 })).toThrow(RangeError);
    const store = createMemoryStore({ length: 5 });
    await store.close();
    await expect(store.write(0, pattern(1))).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});
