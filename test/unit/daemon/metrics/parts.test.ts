import { closeSync, openSync } from 'node:fs';
import { expect, it } from 'vitest';
import { fileLimit, freeBytes, openFiles } from '../../../../src/daemon/metrics/machine.js';
import { RpcCounts } from '../../../../src/daemon/metrics/rpc-counts.js';

it('calls of methods that there are not are counted as one', () => {
  const counts = new RpcCounts(new Set(['torrent_get', 'torrent_add']));
  counts.count('torrent_get', true);
  counts.count('torrent_get', true);
  counts.count('torrent_get', false);
  for (let i = 0; i < 1000; i++) counts.count(`made up ${i}`, false);
  expect([...counts]).toEqual([
    { method: 'torrent_get', ok: true, count: 2 },
    { method: 'torrent_get', ok: false, count: 1 },
    { method: 'other', ok: false, count: 1000 },
  ]);
});

it.runIf(process.platform === 'linux')('counts the files that are open, and those that may be', async () => {
  const before = (await openFiles())!;
  const files = Array.from({ length: 40 }, () => openSync('/dev/null', 'r'));
  try {
    // others of the process come and go
    expect((await openFiles())! - before).toBeGreaterThan(20);
    expect(await fileLimit()).toBeGreaterThan(before);
  } finally {
    for (const fd of files) closeSync(fd);
  }
});

it('tells what is free', async () => {
  expect(await freeBytes('.')).toBeGreaterThan(0);
  await expect(freeBytes('/no/such/folder')).rejects.toMatchObject({ code: 'ENOENT' });
});
