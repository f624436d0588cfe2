import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';

/** Folders that clients may name: these, and all below them. */
export class Roots {
  constructor(readonly folders: () => readonly string[]) {}

  /**
   * Whether a folder, which need not exist yet, lies in one of them. Links count for where they lead: what exists of the
   * path is resolved.
   */
  async allow(path: string): Promise<boolean> {
    if (!isAbsolute(path) || path.includes('\0')) return false;
    const wanted = await resolveExisting(resolve(path));
    for (const folder of this.folders())
      if (isWithin(await resolveExisting(resolve(folder)), wanted)) return true;
    return false;
  }
}

export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way));
}

/** The deepest part that exists with its links resolved, and the rest as it is. */
async function resolveExisting(path: string): Promise<string> {
  for (let part = path; ; part = dirname(part)) {
    try {
      const real = await realpath(part);
      return resolve(real, relative(part, path));
    } catch {
      if (dirname(part) === part) return path;
    }
  }
}
