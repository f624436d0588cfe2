import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Metainfo } from '../../index.js';
import { CliError } from '../failure.js';
import type { Workspace } from './workspace.js';

/** What the swarm shares: `path` lies in `dir`. */
export interface Payload {
  readonly path: string;
  readonly dir: string;
}

/**
 * The file or folder that the user named, or a copy of the running node executable: about 100 MB of real bytes that
 * every machine has. A copy, because nothing shall ever open the executable itself for writing.
 */
export async function choosePayload(file: string | undefined, workspace: Workspace): Promise<Payload> {
  if (file !== undefined) {
    const path = await realpath(resolve(file)).catch(() => {
      throw new CliError('ENOENT', `${file}: there is no such file or folder`);
    });
    return { path, dir: dirname(path) };
  }
  const executable = await realpath(process.execPath);
  const dir = workspace.folder('seed');
  const path = join(dir, basename(executable));
  await copyFile(executable, path, constants.COPYFILE_FICLONE);
  return { path, dir };
}

/** SHA-256 over all bytes of a torrent's files below `dir`, in order, as hex. */
export async function hashFiles(metainfo: Metainfo, dir: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of metainfo.files) {
    if (file.pad || file.symlink) continue;
    await pipeline(createReadStream(join(dir, ...file.path), { highWaterMark: 1 << 20 }), hash, {
      end: false,
    });
  }
  return hash.digest('hex');
}
