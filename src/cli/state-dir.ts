import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Where the state of torrents below `dir` is kept: the user's state folder (XDG Base Directory Specification, local
 * app data on Windows), one folder for each data folder, so that two processes that share a torrent from two places
 * on one machine do not meet.
 */
export function defaultStateDir(env: Readonly<Record<string, string | undefined>>, dir: string): string {
  const root =
    process.platform === 'win32'
      ? (env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'))
      : env.XDG_STATE_HOME || join(homedir(), '.local', 'state');
  const key = createHash('sha256').update(resolve(dir)).digest('hex').slice(0, 16);
  return join(root, 'millrace', key);
}
