import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mapStorageError } from '../../engine/storage/errors.js';
import { MillraceError } from '../../files.js';

/** Who holds a state folder: a process, and when it began, since numbers of processes come again. */
interface Holder {
  readonly pid: number;
  readonly began: string;
}

/**
 * Makes sure that one daemon alone works with a state folder; two would each undo what the other remembers. Whoever was
 * killed holds nothing any more.
 *
 * @returns gives it back
 * @throws MillraceError ERR_STATE_LOCKED, ERR_STORAGE_*
 */
export async function lockFolder(dir: string): Promise<() => Promise<void>> {
  const path = join(dir, 'daemon.lock');
  const me: Holder = { pid: process.pid, began: await beginOf(process.pid) };
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await writeFile(path, JSON.stringify(me), { flag: 'wx', mode: 0o600 });
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw mapStorageError(error, path);
    }
    const holder = await readHolder(path);
    if (holder !== undefined && holder.pid !== process.pid && (await isAlive(holder)))
      throw new MillraceError(
        'ERR_STATE_LOCKED',
        `process ${holder.pid} works with the state folder ${dir}`,
        {
          pid: holder.pid,
        },
      );
    await rm(path, { force: true });
  }
  throw new MillraceError('ERR_STATE_LOCKED', `another process has just taken the state folder ${dir}`);
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const holder = JSON.parse(await readFile(path, 'utf8')) as Holder;
    return Number.isInteger(holder.pid) && holder.pid > 0 ? holder : undefined; // others name groups of processes
  } catch {
    return undefined; // cut off in the middle, or gone
  }
}

async function isAlive({ pid, began }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const known = await beginOf(pid);
  return known === began || known === '' || began === ''; // not told, or hidden from us
}

/** Clock ticks since the system began, where it tells (Linux: field 22 of /proc/PID/stat); else every process is the same. */
async function beginOf(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return '';
  }
}
