import { rename } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createFileStore } from '../../../../src/engine/storage/file-store.js';
import { HandleCache } from '../../../../src/engine/storage/handle-cache.js';
import { MovableStore } from '../../../../src/engine/storage/movable-store.js';
import { filesOf, pattern, temporaryFolder } from './support.js';

async function scene() {
  const dir = await temporaryFolder();
  const place = { name: 'a' };
  const handles = new HandleCache();
  const store = new MovableStore(() =>
    createFileStore({ dir, files: filesOf([place.name, 1000]), length: 1000, handles }),
  );
  await store.open();
  const bytes = pattern(1000);
  await store.write(0, bytes);
  const move = async (name: string) => {
    await rename(`${dir}/${place.name}`, `${dir}/${name}`);
    place.name = name;
  };
  const read = async () => {
    const into = new Uint8Array(1000);
    await store.read(0, into);
    return into;
  };
  return { store, handles, bytes, move, read };
}

it('lets reads, writes and leases wait while files move, and finds the files where they are then', async () => {
  const { store, handles, bytes, move, read } = await scene();
  const order: string[] = [];
  const lease = await store.lease(0, 1000, 'read');
  const moving = store.relocate(async () => {
    order.push('move');
    expect(handles.openHandles).toBe(0);
    await move('b');
  });
  const reading = read().then(got => {
    order.push('read');
    return got;
  });
  const leasing = store.lease(0, 10, 'read').then(later => {
    order.push('lease');
    later.release();
  });
  await new Promise(setImmediate);
  expect(order).toEqual([]); // somebody still uses the file
  lease.release();
  await moving;
  expect(await reading).toEqual(bytes);
  await leasing;
  expect(order[0]).toBe('move');
  await store.sync();
  expect((await store.stamps())[0].size).toBe(1000);
  await store.close();
});

it('goes on where the files were when the move fails', async () => {
  const { store, bytes, read } = await scene();
  const failing = store.relocate(() => Promise.reject(new Error('no')));
  const reading = read();
  await expect(failing).rejects.toThrow('no');
  expect(await reading).toEqual(bytes);
  await store.close();
});

it('a read of several files is over before they move', async () => {
  const dir = await temporaryFolder();
  const handles = new HandleCache();
  const files = filesOf(['a', 500], ['b', 500], ['c', 500]);
  const store = new MovableStore(() => createFileStore({ dir, files, length: 1500, handles }));
  await store.open();
  const bytes = pattern(1500);
  const into = new Uint8Array(1500);
  await Promise.all([store.write(0, bytes), store.relocate(async () => {})]);
  await Promise.all([store.read(0, into), store.relocate(async () => {})]);
  expect(into).toEqual(bytes);
  await store.close();
});

it('moves one after the other, and not once it is closed', async () => {
  const { store, bytes, move, read } = await scene();
  await Promise.all([store.relocate(() => move('b')), store.relocate(() => move('c'))]);
  expect(await read()).toEqual(bytes);
  const lease = await store.lease(0, 10, 'read');
  const late = store.relocate(() => move('d'));
  const closing = store.close();
  lease.release();
  await expect(late).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  await closing;
  await expect(read()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  await expect(store.relocate(() => move('d'))).rejects.toMatchObject({ code: 'ERR_CLOSED' });
});
