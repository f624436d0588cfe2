import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TorrentFolder } from '../../../../src/daemon/torrents/torrent-folder.js';

const HASH = 'ab'.repeat(20);
let dir: string;
let folder: TorrentFolder;
beforeEach(async () => {
  dir = join(mkdtempSync(join(tmpdir(), 'millrace-torrents-')), 'torrents');
  folder = new TorrentFolder(dir);
  await folder.open();
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }));

it('files are where clients look for them, whole, and for their user alone', async () => {
  const path = await folder.write(HASH, Buffer.from('first'));
  expect(path).toBe(join(dir, `${HASH}.torrent`));
  await folder.write(HASH, Buffer.from('x'));
  expect(readFileSync(path, 'utf8')).toBe('x');
  expect([statSync(path).mode & 0o777, statSync(dir).mode & 0o777]).toEqual([0o600, 0o700]);
  expect(readdirSync(dir)).toEqual([`${HASH}.torrent`]);
});

it('lists torrents and nothing else', async () => {
  await folder.write(HASH, Buffer.from('a'));
  for (const name of ['notes.txt', `${HASH}.torrent.new`, `${HASH.toUpperCase()}.torrent`, 'ab.torrent'])
    writeFileSync(join(dir, name), '');
  expect(await folder.list()).toEqual([HASH]);
});

it('one that is not there can be removed', async () => {
  await folder.write(HASH, Buffer.from('a'));
  await folder.remove(HASH);
  await folder.remove(HASH);
  expect(await folder.list()).toEqual([]);
});

it('what cannot be written is told with a code', async () => {
  mkdirSync(join(dir, `${HASH}.torrent`, 'in the way'), { recursive: true });
  await expect(folder.write(HASH, Buffer.from('a'))).rejects.toMatchObject({
    code: expect.stringMatching(/^ERR_STORAGE_/),
  });
});
