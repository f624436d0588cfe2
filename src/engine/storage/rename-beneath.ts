import { lstat, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, pathError } from './errors.js';
import { withinFolder } from './open-beneath.js';
import { syncFolder } from './raw-fs.js';

/** Numbers of files may be too large for a double. */
const EXACT = { bigint: true } as const;

/** Folders are there already. */
const EXISTING = { create: false, entryAdded: () => {} };

/**
 * Gives a file or folder another name within its folder, durably. Nothing is ever replaced.
 * @returns false when there is none
 * @throws MillraceError ERR_STORAGE_PATH when the name is taken by something else
 */
export async function renameBeneath(
  root: string,
  folder: readonly string[],
  from: string,
  to: string,
): Promise<boolean> {
  try {
    return await withinFolder(root, folder, EXISTING, async path => {
      const [old, taken] = [join(path, from), join(path, to)];
      const there = await lstat(old, EXACT);
      const other = await lstat(taken, EXACT).catch(ignoreMissing);
      // The same thing is found under both names where case does not count.
      if (other !== undefined && (other.ino !== there.ino || other.dev !== there.dev))
        throw pathError([...folder, to].join('/'), 'is taken by something else');
      await rename(old, taken);
      await syncFolder(path);
      return true;
    });
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return errnoOf(error) === 'ERR_STORAGE_MISSING';
}

function ignoreMissing(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT') throw error;
  return undefined;
}
