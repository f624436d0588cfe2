import { lstat, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isMillraceError } from '../errors.js';
import type { MappedFile } from './file-map.js';
import { withinFolder } from './open-beneath.js';
import { folderIn, isCopy, isSame, nameOf, pathIn, statIn, type Tree } from './tree.js';

const EXISTING = { create: false, entryAdded: () => {} };

/**
 * Deletes these files and the folders that are empty then; `root` and whatever else lies there stay. A link in place of
 * a file stays, too.
 * @throws MillraceError ERR_STORAGE_*: the first failure, when all have been tried
 */
export async function removeFiles(
  tree: Tree,
  files: readonly MappedFile[],
  wanted: (file: MappedFile) => Promise<boolean> = async () => true,
): Promise<void> {
  let failure: unknown;
  for (const file of files) {
    try {
      if (await wanted(file)) await removeFile(tree, file);
    } catch (error) {
      if (!isMillraceError(error, 'ERR_STORAGE_MISSING')) failure ??= error;
    }
  }
  await removeFolders(tree, files);
  if (failure !== undefined) throw failure;
}

/** Deletes the files of which there is a whole copy at `copies`. */
export function removeCopied(tree: Tree, copies: Tree, files: readonly MappedFile[]): Promise<void> {
  return removeFiles(tree, files, async file => {
    const [stat, copy] = [await statIn(tree, file), await statIn(copies, file)];
    return stat !== undefined && copy !== undefined && isCopy(stat, copy) && !isSame(stat, copy);
  });
}

function removeFile(tree: Tree, file: MappedFile): Promise<void> {
  return withinFolder(tree.root, folderIn(tree, file), EXISTING, async folder => {
    const path = join(folder, nameOf(file));
    if ((await lstat(path)).isFile()) await unlink(path);
  });
}

/** Those of the files that are empty, deepest first. One that stays is no failure. */
export async function removeFolders(tree: Tree, files: readonly MappedFile[]): Promise<void> {
  const folders = new Map<string, readonly string[]>();
  for (const file of files) {
    const path = pathIn(tree, file);
    for (let depth = 1; depth < path.length; depth++) {
      const folder = path.slice(0, depth);
      folders.set(folder.join('/'), folder);
    }
  }
  const deepestFirst = [...folders.values()].sort((a, b) => b.length - a.length);
  for (const path of deepestFirst) {
    const name = path[path.length - 1];
    await withinFolder(tree.root, path.slice(0, -1), EXISTING, folder => rmdir(join(folder, name))).catch(
      () => {},
    );
  }
}
