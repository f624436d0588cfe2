import { readdir, readFile, statfs } from 'node:fs/promises';

/** Of this process; undefined where there is no /proc. */
export async function openFiles(): Promise<number | undefined> {
  const names = await readdir('/proc/self/fd').catch(() => undefined);
  // the folder itself was one of them
  return names === undefined ? undefined : names.length - 1;
}

/** The soft limit of open files; undefined where there is none, or the system does not tell. */
export async function fileLimit(): Promise<number | undefined> {
  const text = await readFile('/proc/self/limits', 'latin1').catch(() => '');
  const limit = /^Max open files\s+(\d+)/m.exec(text)?.[1];
  return limit === undefined ? undefined : Number(limit);
}

/** For users, without what the system keeps back for itself. Wants a time limit: a network file system may hang. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
