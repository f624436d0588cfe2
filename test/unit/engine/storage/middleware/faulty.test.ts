import { expect, it } from 'vitest';
import { createMemoryStore } from '../../../../../src/engine/storage/memory-store.js';
import { createFaultyStorage } from '../../../../../src/engine/storage/middleware/faulty.js';

it('fails the n-th call with the given errno, mapped, and loses nothing else', async () => {
  const inner = createMemoryStore({ length: 4 });
  const store = createFaultyStorage(inner, [
    { operation: 'write', nth: 2, code: 'ENOSPC' },
    { operation: 'sync', nth: 1, code: 'EIO', forever: true },
  ]);
  await store.open();
  await store.write(0, Uint8Array.of(1));
  await expect(store.write(1, Uint8Array.of(2))).rejects.toMatchObject({
    code: 'ERR_STORAGE_FULL',
    facts: { errno: 'ENOSPC' },
  });
  await store.write(2, Uint8Array.of(3));
  for (let i = 0; i < 3; i++) await expect(store.sync()).rejects.toMatchObject({ code: 'ERR_STORAGE_IO' });
  const back = new Uint8Array(4);
  await store.read(0, back);
  expect([...back]).toEqual([1, 0, 3, 0]);
  expect(store.lease).toBeUndefined();
});

it('counts a lease as the read or write it is taken for', async () => {
  const lease = async () => ({ extents: [], release: () => {} });
  const store = createFaultyStorage(Object.assign(createMemoryStore({ length: 4 }), { lease }), [
    { operation: 'write', nth: 1, code: 'EACCES' },
  ]);
  await store.lease!(0, 1, 'read');
  await expect(store.lease!(0, 1, 'write')).rejects.toMatchObject({ code: 'ERR_STORAGE_ACCESS' });
  await store.lease!(0, 1, 'write');
});
