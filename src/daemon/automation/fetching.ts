import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VERSION } from '../../index.js';
import { DownloadError, download } from './download.js';

/** As large as .torrent files are read, and as long as a client waits for one. */
const MAX_TORRENT_BYTES = 10_000_000;
const TORRENT_TIMEOUT_MS = 30_000;

export interface FetchingOptions {
  /** For what is on its way. */
  readonly dir: string;
  /** Of this machine, to go out by. */
  readonly localAddress: string | undefined;
  /** Peers and trackers are reached through a proxy: nothing else goes around it. */
  readonly proxied: boolean;
}

/** Fetches what is named by URL, by the same way out as everything else. */
export class Fetching {
  readonly #ending = new AbortController();
  #number = 0;

  constructor(readonly options: FetchingOptions) {}

  /** The bytes of a .torrent. @throws DownloadError, or what the network says */
  async torrent(url: string, cookies: string | undefined): Promise<Uint8Array> {
    const path = join(this.options.dir, `fetched-${++this.#number}.torrent`);
    try {
      await download(url, path, {
        ...this.common(),
        ...{ maxBytes: MAX_TORRENT_BYTES, timeoutMs: TORRENT_TIMEOUT_MS, cookies },
      });
      return await readFile(path);
    } finally {
      await rm(path, { force: true });
    }
  }

  /** What every download keeps to. @throws DownloadError when there is no way that may be taken */
  common(): { version: string; signal: AbortSignal; localAddress: string | undefined } {
    const { localAddress, proxied } = this.options;
    if (proxied) throw new DownloadError('files are not fetched while a proxy is set: it would be passed by');
    return { version: VERSION, signal: this.#ending.signal, localAddress };
  }

  /** Ends what is under way. */
  close(): void {
    this.#ending.abort();
  }
}
