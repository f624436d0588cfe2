import { lstat, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';

/** Folders that clients may name: these, and all below them. */
export class Roots {
  constructor(readonly folders: () => readonly string[]) {}

  /**
   * Whether a folder, which need not exist yet, lies in one of them. Links count for where they lead: what exists of the
   * path is resolved. Behind a link `..` is another folder for the system than by the letters, so that none is taken.
   */
  async allow(path: string): Promise<boolean> {
    if (!isAbsolute(path) || path.includes('\0') || path.split(sep).includes('..')) return false;
    const wanted = await resolveExisting(resolve(path));
    if (wanted === undefined) return false;
    for (const folder of this.folders()) {
      const root = await resolveExisting(resolve(folder));
      if (root !== undefined && isWithin(root, wanted)) return true;
    }
    return false;
  }
}

export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way));
}

/** The deepest part that exists with its links resolved, and the rest as it is. Undefined: a link in it leads nowhere yet. */
async function resolveExisting(path: string): Promise<string | undefined> {
  for (let part = path; ; part = dirname(part)) {
    try {
      const real = await realpath(part);
      return resolve(real, relative(part, path));
    } catch {
      if (await exists(part)) return undefined;
      if (dirname(part) === part) return path;
    }
  }
}

/** A link does wherever it leads. */
function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
