import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const own = new URL('../vectors/', import.meta.url);

/** Data that lies in test/vectors. */
export function readVectors<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(file, own), 'utf8'));
}

/** Folder of the third-party .torrent files, which are not part of this repository. */
const thirdParty =
  process.env.MILLRACE_VECTORS ?? fileURLToPath(new URL('../../../shared/vectors', import.meta.url));

/** Why third-party torrents cannot be read, or undefined. They are required under CI. */
export function missingTorrents(): string | undefined {
  if (existsSync(`${thirdParty}/torrents`)) return undefined;
  const reason = 'third-party .torrent files not found; set MILLRACE_VECTORS to their folder';
  if (process.env.CI) throw new Error(reason);
  return reason;
}

/** `file` as torrents.json names it; undefined when it is a third-party file and those are missing. */
export function readTorrent(file: string): Uint8Array | undefined {
  if (file.startsWith('derived/')) return readFileSync(new URL(`torrents/${file}`, own));
  return missingTorrents() === undefined ? readFileSync(`${thirdParty}/torrents/${file}`) : undefined;
}
