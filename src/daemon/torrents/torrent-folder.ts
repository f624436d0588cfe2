import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mapStorageError } from '../../engine/storage/errors.js';
import { closeRaw } from '../../engine/storage/raw-fs.js';
import { makeStateFolder, replaceFile } from '../../engine/storage/state-file.js';
import type { InfoHash } from '../../index.js';

/** The .torrent files of the daemon, `torrents/<info-hash>.torrent`, where clients look for them. */
export class TorrentFolder {
  constructor(readonly dir: string) {}

  async open(): Promise<void> {
    await makeStateFolder(this.dir);
  }

  pathOf(infoHash: InfoHash): string {
    return join(this.dir, `${infoHash}.torrent`);
  }

  /** Durable when it resolves. @throws MillraceError ERR_STORAGE_* */
  async write(infoHash: InfoHash, bytes: Uint8Array): Promise<string> {
    const path = this.pathOf(infoHash);
    try {
      await closeRaw(await replaceFile(path, bytes, true));
      return path;
    } catch (error) {
      throw mapStorageError(error, path);
    }
  }

  async remove(infoHash: InfoHash): Promise<void> {
    await rm(this.pathOf(infoHash), { force: true });
  }

  /** Info-hashes of the files that are there. */
  async list(): Promise<InfoHash[]> {
    const names = await readdir(this.dir);
    return names.flatMap(name => /^([0-9a-f]{40})\.torrent$/.exec(name)?.[1] ?? []);
  }
}
