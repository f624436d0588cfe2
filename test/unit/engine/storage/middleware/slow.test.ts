import { expect, it } from 'vitest';
import { createMemoryStore } from '../../../../../src/engine/storage/memory-store.js';
import { createSlowStorage } from '../../../../../src/engine/storage/middleware/slow.js';

it('holds calls until the test lets them through, oldest first', async () => {
  const store = createSlowStorage(createMemoryStore({ length: 4 }));
  const done: string[] = [];
  store.hold('write');
  const first = store.write(0, Uint8Array.of(1)).then(() => done.push('first'));
  const second = store.write(1, Uint8Array.of(2)).then(() => done.push('second'));
  await store.held(2);
  await store.read(0, new Uint8Array(0)); // not held
  expect(done).toEqual([]);
  store.step(1);
  await first;
  expect(store.waiting).toBe(1);
  expect(done).toEqual(['first']);
  store.resume();
  await second;
  await store.write(2, Uint8Array.of(3));
  expect(store.waiting).toBe(0);
});

it('tells when enough calls wait', async () => {
  const store = createSlowStorage(createMemoryStore({ length: 4 }));
  store.hold();
  const held = store.held(2);
  const syncs = [store.sync(), store.sync()];
  await held;
  store.step();
  await Promise.all(syncs);
});
