import type { Stats } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { mapStorageError } from './errors.js';
import type { MappedFile } from './file-map.js';
import { toMove } from './move-files.js';
import { openBeneath } from './open-beneath.js';
import { assertFreeSpace } from './preallocate.js';
import {
  closeRaw,
  fchmodRaw,
  fdatasyncRaw,
  fstatRaw,
  fsyncRaw,
  ftruncateRaw,
  futimesRaw,
  readFully,
  syncFolder,
  writeFully,
} from './raw-fs.js';
import { assertWanted, copyTimeMs, isCopy, pathIn, statIn, survey, type Tree } from './tree.js';

/** Read and written at once, by a thread of libuv each time: the event loop only passes it on. */
const CHUNK_BYTES = 1 << 20;

/** What a copy holds beyond this may not be durable: after a crash it goes on so far before its end. */
const SYNC_BYTES = 64 << 20;

/** A block of the file system in `stat.blocks`, whatever its real size (POSIX). */
const STAT_BLOCK_BYTES = 512;

export interface CopyOptions {
  /** What is here already is not copied. */
  readonly unless: Tree;
  readonly signal?: AbortSignal;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  /** For tests. */
  readonly write?: typeof writeFully;
}

/**
 * Copies files, durably, with their times; holes stay holes. What an earlier call copied of a file that has not changed
 * since is kept, so a copy that was cut off goes on.
 * @throws MillraceError ERR_ABORTED, ERR_STORAGE_*: ERR_STORAGE_FULL before anything is written when it cannot fit
 */
export async function copyFiles(
  from: Tree,
  to: Tree,
  files: readonly MappedFile[],
  { unless, signal, onProgress, write = writeFully }: CopyOptions,
): Promise<void> {
  const lacking = toMove(await survey(from, unless, files));
  const totalBytes = lacking.reduce((sum, { stat }) => sum + (stat?.size ?? 0), 0);
  await mkdir(to.root, { recursive: true }).catch(error => Promise.reject(mapStorageError(error, '.')));
  let neededBytes = 0;
  for (const { file, stat } of lacking) neededBytes += room(stat) - room(await statIn(to, file));
  await assertFreeSpace(to.root, neededBytes).catch(error => Promise.reject(mapStorageError(error, '.')));

  const folders = new Set<string>();
  let doneBytes = 0;
  for (const { file, stat } of lacking) {
    const before = doneBytes;
    const onCopied = (bytes: number) => {
      assertWanted(signal);
      doneBytes = before + bytes;
      onProgress?.(doneBytes, totalBytes);
    };
    await copyFile(from, to, file, { folders, onCopied, write });
    doneBytes = before + stat!.size;
  }
  for (const folder of folders)
    await syncFolder(folder).catch(error => Promise.reject(mapStorageError(error, '.')));
}

interface Copying {
  /** Those that got new entries. */
  readonly folders: Set<string>;
  /** So much of the file is there; may throw. */
  readonly onCopied: (bytes: number) => void;
  readonly write: typeof writeFully;
}

async function copyFile(from: Tree, to: Tree, file: MappedFile, copying: Copying): Promise<void> {
  const entryAdded = (folder: string) => copying.folders.add(folder);
  const source = await openBeneath(from.root, pathIn(from, file), {
    mode: 'read',
    create: false,
    entryAdded,
  });
  try {
    const target = await openBeneath(to.root, pathIn(to, file), { mode: 'write', create: true, entryAdded });
    try {
      await copyBytes(source, target, copying);
    } finally {
      await closeRaw(target);
    }
  } catch (error) {
    throw mapStorageError(error, file.path.join('/'));
  } finally {
    await closeRaw(source);
  }
}

async function copyBytes(source: number, target: number, { onCopied, write }: Copying): Promise<void> {
  const original = await fstatRaw(source);
  const copy = await fstatRaw(target);
  if (isCopy(original, copy)) return onCopied(original.size);
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const zeros = Buffer.alloc(CHUNK_BYTES);
  let at = trustedBytes(original, copy);
  await ftruncateRaw(target, at);
  for (let unsynced = 0; ; ) {
    onCopied(at);
    const bytes = await readFully(source, chunk, at);
    if (bytes === 0) break;
    const part = chunk.subarray(0, bytes);
    if (!part.equals(zeros.subarray(0, bytes))) await write(target, part, at);
    at += bytes;
    unsynced += bytes;
    if (unsynced < SYNC_BYTES) continue;
    await fdatasyncRaw(target);
    unsynced = 0;
  }
  await ftruncateRaw(target, at);
  await fdatasyncRaw(target);
  // The time says that the copy is complete, so it comes last.
  await fchmodRaw(target, original.mode & 0o777).catch(() => {}); // not every file system has modes
  const seconds = copyTimeMs(original) / 1000;
  await futimesRaw(target, seconds, seconds);
  await fsyncRaw(target);
}

/** How much of an earlier copy holds: nothing when the file was written to since. */
function trustedBytes(original: Stats, copy: Stats): number {
  if (copy.mtimeMs <= original.mtimeMs || copy.size > original.size) return 0;
  const durable = Math.max(0, copy.size - SYNC_BYTES);
  return durable - (durable % CHUNK_BYTES);
}

/** What the file takes on disk. */
function room(stat: Stats | undefined): number {
  return stat === undefined ? 0 : Math.min(stat.size, stat.blocks * STAT_BLOCK_BYTES);
}
