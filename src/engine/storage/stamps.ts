import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import type { FileStamp } from '../swarm/ports.js';
import { errnoOf } from './errors.js';

export const NO_FILE: FileStamp = { size: -1, mtimeMs: 0 };

/** What lies at the path itself, links not followed; undefined for nothing. */
export async function statPlain(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw error;
  }
}

export function stampOf(stat: Stats | undefined): FileStamp {
  return stat?.isFile() ? { size: stat.size, mtimeMs: stat.mtimeMs } : NO_FILE;
}

export function sameStamp(a: FileStamp, b: FileStamp): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs;
}
