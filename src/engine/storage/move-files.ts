import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { isMillraceError } from '../errors.js';
import { mapStorageError, pathError } from './errors.js';
import type { MappedFile } from './file-map.js';
import { withinFolder } from './open-beneath.js';
import { syncFolder } from './raw-fs.js';
import { removeFolders } from './remove-files.js';
import { assertWanted, folderIn, nameOf, pathIn, type Standing, survey, type Tree } from './tree.js';

export interface MoveOptions {
  readonly signal?: AbortSignal;
  /** For tests. */
  readonly rename?: (from: string, to: string) => Promise<void>;
}

/**
 * Moves files by renaming them, durably: the torrent's own folder as a whole when nothing else is in it, or one by one.
 * Files that are at the new place already are left as they are. When it fails, or is aborted, all files are where they
 * were. Nothing is ever replaced.
 * @throws MillraceError ERR_STORAGE_PATH for a name that is taken, ERR_ABORTED, ERR_STORAGE_*, with `errno` EXDEV for
 * another file system
 */
export async function moveFiles(
  from: Tree,
  to: Tree,
  files: readonly MappedFile[],
  { signal, rename = fs.rename }: MoveOptions = {},
): Promise<void> {
  const moving = toMove(await survey(from, to, files)).map(({ file }) => file);
  if (moving.length === 0) return;
  await fs.mkdir(to.root, { recursive: true }).catch(error => Promise.reject(mapStorageError(error, '.')));
  if (await moveWhole(from, to, moving, rename)) return;
  const done: MappedFile[] = [];
  try {
    for (const file of moving) {
      assertWanted(signal);
      await moveOne(from, to, file, rename);
      done.push(file);
    }
  } catch (error) {
    for (const file of done.reverse()) await moveOne(to, from, file, rename).catch(() => {});
    await removeFolders(to, moving);
    throw error;
  }
  await syncFolders(to, moving);
  await removeFolders(from, moving);
}

/** @throws MillraceError ERR_STORAGE_PATH when a file cannot go where it is to */
export function toMove(standings: readonly Standing[]): Standing[] {
  for (const { file, state, stat } of standings) {
    if (state === 'taken')
      throw pathError(file.path.join('/'), 'is taken by something else at the new place');
    if (state === 'move' && !stat!.isFile()) throw pathError(file.path.join('/'), 'is not a plain file');
  }
  return standings.filter(({ state }) => state === 'move');
}

/** @returns false when that cannot be done */
async function moveWhole(
  from: Tree,
  to: Tree,
  files: readonly MappedFile[],
  rename: NonNullable<MoveOptions['rename']>,
): Promise<boolean> {
  if (files.some(({ path }) => path.length === 1)) return false;
  const [name] = files[0].path;
  try {
    return await withinFolder(from.root, from.below, CREATING, source =>
      withinFolder(to.root, to.below, CREATING, async target => {
        const isAlone = (await countFiles(join(source, name))) === files.length;
        const isFree = await fs.lstat(join(target, name)).then(
          () => false,
          () => true,
        );
        if (!isAlone || !isFree) return false;
        await rename(join(source, name), join(target, name));
        await syncFolder(target);
        await syncFolder(source);
        return true;
      }),
    );
  } catch (error) {
    if (isMillraceError(error, 'ERR_STORAGE_PATH')) return false;
    throw error;
  }
}

/** -1 when there is anything else, such as a link. */
async function countFiles(folder: string): Promise<number> {
  if (!(await fs.lstat(folder)).isDirectory()) return -1;
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  if (!entries.every(entry => entry.isDirectory() || entry.isFile())) return -1;
  return entries.filter(entry => entry.isFile()).length;
}

function moveOne(
  from: Tree,
  to: Tree,
  file: MappedFile,
  rename: NonNullable<MoveOptions['rename']>,
): Promise<void> {
  const name = nameOf(file);
  return withinFolder(from.root, folderIn(from, file), CREATING, source =>
    withinFolder(to.root, folderIn(to, file), CREATING, target =>
      rename(join(source, name), join(target, name)),
    ),
  );
}

/** The source's folders exist; an undone move may have to make them again. */
const CREATING = { create: true, entryAdded: () => {} };

/** New names, and folders that are new themselves. */
async function syncFolders(tree: Tree, files: readonly MappedFile[]): Promise<void> {
  const folders = new Set<string>();
  for (const file of files) {
    const path = pathIn(tree, file);
    for (let depth = 0; depth < path.length; depth++) folders.add(join(tree.root, ...path.slice(0, depth)));
  }
  for (const folder of folders)
    await syncFolder(folder).catch(error => Promise.reject(mapStorageError(error, '.')));
}
