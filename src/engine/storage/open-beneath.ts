/**
 * Opens a file below a folder without following a symbolic link in any component.
 *
 * Linux: each folder is opened with O_NOFOLLOW and the next name is looked up through /proc/self/fd, which is what
 * openat(2) does: nobody can swap a checked folder for a link in between. Elsewhere Node offers no such lookup: each
 * folder is checked by lstat just before its use, and only the file itself is opened with O_NOFOLLOW, so a local
 * process that swaps a folder within that instant is not stopped. `root` is the user's own choice and may be a link.
 */
import { constants, existsSync } from 'node:fs';
import { lstat, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf, mapStorageError, pathError } from './errors.js';
import { closeRaw, fstatRaw, openRaw } from './raw-fs.js';

export interface OpenOptions {
  readonly mode: 'read' | 'write';
  /** Make the file and its folders when they are missing; `write` only. */
  readonly create: boolean;
  /** Told the absolute path of each folder that got a new entry, so that it can be made durable. */
  entryAdded(folder: string): void;
}

/** O_NONBLOCK: a pipe that somebody planted must not hold a thread. It means nothing for plain files. */
const SAFE = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const THROUGH_PROC = process.platform === 'linux' && existsSync('/proc/self/fd');

/** A folder on the way: `path` for lookups, `fd` -1 when nothing is held open. */
interface Folder {
  readonly path: string;
  readonly fd: number;
}

/**
 * Descriptor of the plain file `path` below `root`. Needs up to two more descriptors for a moment.
 * @throws MillraceError ERR_STORAGE_PATH for a link or anything else that is no plain file or folder; others by errno.
 */
export async function openBeneath(
  root: string,
  path: readonly string[],
  options: OpenOptions,
): Promise<number> {
  const name = path.join('/');
  try {
    const folder = await enter(root, path, options);
    try {
      return await openFile(folder, root, path, options);
    } finally {
      await leave(folder);
    }
  } catch (error) {
    throw mapStorageError(error, name);
  }
}

/**
 * Calls back with a path at which names right in the folder `parts` below `root` are safe to use; see above.
 * @throws MillraceError as openBeneath does, and ERR_STORAGE_* for what the callback throws
 */
export async function withinFolder<T>(
  root: string,
  parts: readonly string[],
  options: Omit<OpenOptions, 'mode'>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  try {
    const folder = await enter(root, [...parts, ''], { mode: 'write', ...options });
    try {
      return await use(folder.path);
    } finally {
      await leave(folder);
    }
  } catch (error) {
    throw mapStorageError(error, parts.join('/') || '.');
  }
}

async function enter(root: string, path: readonly string[], options: OpenOptions): Promise<Folder> {
  let folder: Folder = { path: root, fd: -1 };
  for (let depth = 1; depth < path.length; depth++) {
    const parts = path.slice(0, depth);
    try {
      const next = await step(folder.path, root, parts, options);
      await leave(folder);
      folder = next;
    } catch (error) {
      await leave(folder);
      throw error;
    }
  }
  return folder;
}

async function step(
  at: string,
  root: string,
  parts: readonly string[],
  options: OpenOptions,
): Promise<Folder> {
  const path = join(at, parts[parts.length - 1]);
  try {
    return await openFolder(path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOTDIR' || errno === 'ELOOP')
      throw pathError(parts.join('/'), 'is not a plain folder', errno);
    if (errno !== 'ENOENT' || !options.create) throw error;
  }
  await mkdir(path).catch(error => {
    if (errnoOf(error) !== 'EEXIST') throw error;
  });
  options.entryAdded(dirname(join(root, ...parts)));
  return openFolder(path);
}

async function openFolder(path: string): Promise<Folder> {
  if (THROUGH_PROC) {
    const fd = await openRaw(path, constants.O_RDONLY | constants.O_DIRECTORY | SAFE);
    return { path: `/proc/self/fd/${fd}`, fd };
  }
  const stat = await lstat(path);
  if (!stat.isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
  return { path, fd: -1 };
}

async function leave({ fd }: Folder): Promise<void> {
  if (fd !== -1) await closeRaw(fd);
}

async function openFile(
  folder: Folder,
  root: string,
  parts: readonly string[],
  options: OpenOptions,
): Promise<number> {
  const path = join(folder.path, parts[parts.length - 1]);
  const fd = await openOrCreate(path, options, () => options.entryAdded(dirname(join(root, ...parts))));
  try {
    if (!(await fstatRaw(fd)).isFile()) throw pathError(parts.join('/'), 'is not a plain file');
    return fd;
  } catch (error) {
    await closeRaw(fd);
    throw error;
  }
}

async function openOrCreate(path: string, { mode, create }: OpenOptions, added: () => void): Promise<number> {
  const flags = (mode === 'write' ? constants.O_RDWR : constants.O_RDONLY) | SAFE;
  if (constants.O_NOFOLLOW === undefined && (await isLink(path)))
    throw Object.assign(new Error('a symbolic link'), { code: 'ELOOP' });
  try {
    return await openRaw(path, flags);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || !create) throw error;
  }
  try {
    const fd = await openRaw(path, flags | constants.O_CREAT | constants.O_EXCL, 0o666);
    added();
    return fd;
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    return openRaw(path, flags); // somebody else made it in between
  }
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    stat => stat.isSymbolicLink(),
    () => false,
  );
}
