import { existsSync, statSync } from 'node:fs';
import {
  chmod,
  mkdir,
  mkdtemp,
  open,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type CopyOptions, copyFiles } from '../../../../src/engine/storage/copy-files.js';
import { writeFully } from '../../../../src/engine/storage/raw-fs.js';
import type { Tree } from '../../../../src/engine/storage/tree.js';
import { hashTree, sampleBytes } from '../../../lib/sample-files.js';
import { filesOf, temporaryFolder } from './support.js';

const MiB = 1 << 20;
const FILES = filesOf(['album/a', 3 * MiB + 5], ['album/cd1/b', MiB], ['album/lacking', 10]);
const WRITES = 5;

/** Another file system than that of the temporary folders, where there is one. */
const ELSEWHERE = '/dev/shm';

async function scene() {
  const dir = await temporaryFolder();
  const from: Tree = { root: `${dir}/from`, below: [] };
  await mkdir(`${from.root}/album/cd1`, { recursive: true });
  await writeFile(`${from.root}/album/a`, sampleBytes(3 * MiB + 5, 1));
  await writeFile(`${from.root}/album/cd1/b`, sampleBytes(MiB, 2));
  await utimes(`${from.root}/album/a`, 1_700_000_000.1234, 1_700_000_000.1234);
  const to: Tree = { root: `${dir}/to`, below: ['.aside'] };
  const unless: Tree = { root: to.root, below: [] };
  const progress: number[] = [];
  let writes = 0;
  const copy = (options: Partial<CopyOptions> = {}, target = to) => {
    writes = 0;
    return copyFiles(from, target, FILES, {
      unless: { root: target.root, below: [] },
      onProgress: done => progress.push(done),
      write: (...args) => {
        writes++;
        return writeFully(...args);
      },
      ...options,
    });
  };
  return { from, to, unless, copy, progress, writes: () => writes, originals: await hashTree(from.root) };
}

const copies = ({ root }: Tree) => hashTree(`${root}/.aside`);

describe('copyFiles', () => {
  it('copies to another file system, with time and mode', async ({ skip }) => {
    const { from, copy, originals, progress } = await scene();
    if (!existsSync(ELSEWHERE) || statSync(ELSEWHERE).dev === statSync(from.root).dev)
      return skip('one file system');
    const other = await mkdtemp(`${ELSEWHERE}/millrace-storage-`);
    onTestFinished(() => rm(other, { recursive: true }));
    await chmod(`${from.root}/album/a`, 0o640);
    await copy({}, { root: other, below: ['.aside'] });
    expect(await hashTree(`${other}/.aside`)).toEqual(originals);
    const made = await stat(`${other}/.aside/album/a`);
    expect([Math.round(made.mtimeMs), made.mode & 0o777]).toEqual([1_700_000_000_124, 0o640]);
    expect(progress[0]).toBe(0);
    expect(progress.at(-1)).toBe(4 * MiB + 5);
  });

  it('copies nothing twice', async () => {
    const { to, copy, writes, originals } = await scene();
    await copy();
    expect(writes()).toBe(WRITES);
    await copy();
    expect(writes()).toBe(0);
    expect(await copies(to)).toEqual(originals);
  });

  it.each(['fails', 'is aborted'])('goes on after it %s', async how => {
    const { to, copy, writes, originals } = await scene();
    const abort = new AbortController();
    let calls = 0;
    const cut = copy({
      signal: abort.signal,
      write: async (...args) => {
        if (++calls === 5 && how === 'fails') throw Object.assign(new Error('planned'), { code: 'ENOSPC' });
        if (calls === 5) abort.abort();
        await writeFully(...args);
      },
    });
    await expect(cut).rejects.toMatchObject({ code: how === 'fails' ? 'ERR_STORAGE_FULL' : 'ERR_ABORTED' });
    await copy();
    expect(writes()).toBe(1); // the first file was whole
    expect(await copies(to)).toEqual(originals);
  });

  it('copies anew what was written to since', async () => {
    const { from, to, copy, writes } = await scene();
    await copy();
    const file = await open(`${from.root}/album/a`, 'r+');
    await file.write('changed', 100);
    await file.close();
    await copy();
    expect(writes()).toBe(4);
    expect(await copies(to)).toEqual(await hashTree(from.root));
  });

  it.each([
    [false, 70 - 2 + 1], // 66 MiB were there, the last 64 in doubt; and the other file
    [true, 70 + 1],
  ])(
    'goes on within a file as far as the copy is durable, unless it was written to since: %s',
    async (changed, wanted) => {
      const { from, to, copy, writes } = await scene();
      const length = 70 * MiB;
      await writeFile(`${from.root}/album/a`, sampleBytes(length, 3));
      await utimes(`${from.root}/album/a`, 1_700_000_000, 1_700_000_000);
      let calls = 0;
      const cut = copy({
        write: async (...args) => {
          if (++calls === 67) throw Object.assign(new Error('planned'), { code: 'EIO' });
          await writeFully(...args);
        },
      });
      await expect(cut).rejects.toMatchObject({ code: 'ERR_STORAGE_IO' });
      if (changed) {
        const file = await open(`${from.root}/album/a`, 'r+');
        await file.write('changed', 100);
        await file.close();
      }
      await copy();
      expect(writes()).toBe(wanted);
      expect(await copies(to)).toEqual(await hashTree(from.root));
    },
  );

  it('leaves holes as they are', async () => {
    const { from, to, copy, writes } = await scene();
    await truncate(`${from.root}/album/cd1/b`, 8 * MiB);
    await copy();
    expect(writes()).toBe(WRITES);
    expect(await copies(to)).toEqual(await hashTree(from.root));
  });

  it('leaves out what is there, and refuses what another is in place of', async () => {
    const { from, to, unless, copy, writes } = await scene();
    await mkdir(`${unless.root}/album`, { recursive: true });
    const taken = `${unless.root}/album/a`;
    await writeFile(taken, sampleBytes(3 * MiB + 5, 1));
    await expect(copy()).rejects.toMatchObject({ code: 'ERR_STORAGE_PATH' });
    expect(await copies(to).catch(() => 'none')).toEqual('none');
    await utimes(taken, 1_700_000_000.124, 1_700_000_000.124);
    await copy();
    expect(writes()).toBe(1);
    await utimes(`${from.root}/album/a`, 1_600_000_000, 1_600_000_000);
  });

  it('follows no link', async () => {
    const { from, to, copy, unless } = await scene();
    await mkdir(`${from.root}/outside`);
    await mkdir(unless.root);
    await symlink(`${from.root}/outside`, `${to.root}/.aside`);
    await expect(copy()).rejects.toMatchObject({ code: 'ERR_STORAGE_PATH' });
    await rm(`${to.root}/.aside`);
    await rm(`${from.root}/album/a`);
    await symlink('/etc/hostname', `${from.root}/album/a`);
    await expect(copy()).rejects.toMatchObject({ code: 'ERR_STORAGE_PATH' });
  });
});
