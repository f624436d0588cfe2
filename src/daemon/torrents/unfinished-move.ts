import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { TorrentRecord } from './record.js';

/**
 * A record says where a torrent is being moved before anything is. When the daemon was killed in between, its files may be
 * there already, and the record does not know: it is corrected. Undefined: they are where they were.
 */
export async function afterUnfinishedMove(
  record: TorrentRecord,
): Promise<Partial<TorrentRecord> | undefined> {
  const { movingTo, name, dir, incompleteDir } = record;
  if (movingTo === undefined) return undefined;
  const [there, here] = await Promise.all([
    exists(join(movingTo, name)),
    exists(join(incompleteDir ?? dir, name)),
  ]);
  return there && !here ? { dir: movingTo, incompleteDir: undefined, movingTo: undefined } : undefined;
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}
