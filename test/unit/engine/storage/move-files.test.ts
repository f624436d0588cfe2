import { mkdir, readFile, rename, symlink, utimes, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { moveFiles } from '../../../../src/engine/storage/move-files.js';
import { removeCopied, removeFiles } from '../../../../src/engine/storage/remove-files.js';
import type { Tree } from '../../../../src/engine/storage/tree.js';
import { hashTree } from '../../../lib/sample-files.js';
import { filesOf, temporaryFolder } from './support.js';

const FILES = filesOf(['album/cd1/a', 2], ['album/cd1/b', 2], ['album/c', 2], ['album/empty', 0]);
const tree = (root: string): Tree => ({ root, below: [] });

/** `album` in the folder `from`; each file holds its own name. */
async function scene() {
  const dir = await temporaryFolder();
  const [from, to] = [`${dir}/from`, `${dir}/to`];
  await mkdir(`${from}/album/cd1`, { recursive: true });
  for (const { path } of FILES) await writeFile(`${from}/${path.join('/')}`, path.join('/'));
  return { dir, from, to, album: await hashTree(from) };
}

describe('moveFiles', () => {
  it('renames the folder as a whole when it is the torrent’s alone', async () => {
    const { from, to, album } = await scene();
    const renames: string[] = [];
    await moveFiles(tree(from), tree(to), FILES, {
      rename: (a, b) => {
        renames.push(b);
        return rename(a, b);
      },
    });
    expect(await hashTree(to)).toEqual(album);
    expect(await hashTree(from)).toEqual({});
    expect(renames).toHaveLength(1);
    await expect(readFile(`${from}/album`)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('moves its own files alone where others lie among them, here or there', async () => {
    const { from, to, album } = await scene();
    await writeFile(`${from}/album/cd1/mine.txt`, 'precious');
    await mkdir(`${to}/album`, { recursive: true });
    await writeFile(`${to}/album/yours.txt`, 'too');
    await moveFiles(tree(from), tree(to), FILES);
    const { 'album/yours.txt': yours, ...moved } = await hashTree(to);
    expect(yours).toBeDefined();
    expect(moved).toEqual(album);
    expect(Object.keys(await hashTree(from))).toEqual(['album/cd1/mine.txt']);
  });

  it('goes on where a process that was killed had stopped', async () => {
    const { from, to, album } = await scene();
    await mkdir(`${to}/album`, { recursive: true });
    await rename(`${from}/album/c`, `${to}/album/c`);
    await moveFiles(tree(from), tree(to), FILES);
    expect(await hashTree(to)).toEqual(album);
    await moveFiles(tree(from), tree(to), FILES); // nothing is left to do
    expect(await hashTree(to)).toEqual(album);
  });

  it('replaces nothing', async () => {
    const { from, to, album } = await scene();
    await mkdir(`${to}/album`, { recursive: true });
    await writeFile(`${to}/album/c`, 'somebody’s');
    await expect(moveFiles(tree(from), tree(to), FILES)).rejects.toMatchObject({
      code: 'ERR_STORAGE_PATH',
      facts: { path: 'album/c' },
    });
    expect(await hashTree(from)).toEqual(album);
    expect(await readFile(`${to}/album/c`, 'utf8')).toBe('somebody’s');
  });

  it.each(['fails', 'is aborted'])('puts everything back when it %s on the way', async how => {
    const { from, to, album } = await scene();
    await mkdir(`${to}/album`, { recursive: true }); // one by one
    const abort = new AbortController();
    let calls = 0;
    const moving = moveFiles(tree(from), tree(to), FILES, {
      signal: abort.signal,
      rename: async (a, b) => {
        if (++calls === 3 && how === 'fails') throw Object.assign(new Error('planned'), { code: 'EIO' });
        if (calls === 3) abort.abort();
        await rename(a, b);
      },
    });
    await expect(moving).rejects.toMatchObject({
      code: how === 'fails' ? 'ERR_STORAGE_IO' : 'ERR_ABORTED',
    });
    expect(await hashTree(from)).toEqual(album);
    expect(await hashTree(to)).toEqual({});
  });

  it.each(['from', 'to'] as const)('follows no link in the folder that it moves %s', async side => {
    const { dir, from, to } = await scene();
    await mkdir(`${dir}/outside/cd1`, { recursive: true });
    const outside = side === 'from' ? { a: 'x', b: 'y' } : {};
    for (const [name, text] of Object.entries(outside)) await writeFile(`${dir}/outside/cd1/${name}`, text);
    if (side === 'from') {
      await removeFiles(tree(from), FILES.slice(0, 2));
      await symlink(`${dir}/outside/cd1`, `${from}/album/cd1`);
    } else {
      await mkdir(`${to}/album`, { recursive: true });
      await symlink(`${dir}/outside/cd1`, `${to}/album/cd1`);
    }
    const [before, others] = [await hashTree(from), await hashTree(`${dir}/outside`)];
    await expect(moveFiles(tree(from), tree(to), FILES)).rejects.toMatchObject({ code: 'ERR_STORAGE_PATH' });
    expect(await hashTree(from)).toEqual(before);
    expect(await hashTree(`${dir}/outside`)).toEqual(others);
  });
});

describe('removeFiles', () => {
  it('deletes exactly the files, and the folders that are empty then', async () => {
    const { dir, from } = await scene();
    await writeFile(`${dir}/outside`, 'precious');
    await removeFiles(tree(from), FILES.slice(2, 3));
    await symlink(`${dir}/outside`, `${from}/album/c`);
    await removeFiles(tree(from), FILES);
    expect(await readFile(`${from}/album/c`, 'utf8')).toBe('precious'); // by way of the link
    await expect(readFile(`${from}/album/cd1`)).rejects.toMatchObject({ code: 'ENOENT' });
    await removeFiles(tree(from), FILES); // those that are gone are no failure
  });

  it('enters no link', async () => {
    const { dir, from } = await scene();
    await removeFiles(tree(from), FILES.slice(0, 2));
    await mkdir(`${dir}/outside`);
    await writeFile(`${dir}/outside/a`, 'precious');
    await symlink(`${dir}/outside`, `${from}/album/cd1`);
    await expect(removeFiles(tree(from), FILES)).rejects.toMatchObject({ code: 'ERR_STORAGE_PATH' });
    expect(await readFile(`${dir}/outside/a`, 'utf8')).toBe('precious');
    await expect(readFile(`${from}/album/c`)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('deletes an original only where its whole copy is, in another file', async () => {
    const { dir, from, to } = await scene();
    await mkdir(`${to}/album/cd1`, { recursive: true });
    const at = 1_700_000_000;
    for (const [path, text, seconds] of [
      ['album/cd1/a', 'album/cd1/a', at],
      ['album/cd1/b', 'album/cd1/b', at + 1],
      ['album/c', 'short', at],
    ] as const) {
      await writeFile(`${to}/${path}`, text);
      await utimes(`${to}/${path}`, seconds, seconds);
      await utimes(`${from}/${path}`, at, at);
    }
    await removeCopied(tree(from), tree(to), FILES);
    expect(Object.keys(await hashTree(from))).toEqual(['album/c', 'album/cd1/b', 'album/empty']);
    await symlink(from, `${dir}/alias`);
    await removeCopied(tree(from), tree(`${dir}/alias`), FILES);
    expect(Object.keys(await hashTree(from))).toHaveLength(3);
  });
});
