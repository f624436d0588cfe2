import { open } from 'node:fs/promises';
import type { TorrentFile } from '../../dist/index.js';

/** Bytes `from` to `to` of a torrent as they lie on disk. @throws Error when a file ends too early */
export async function readExact(
  dir: string,
  files: readonly TorrentFile[],
  from: number,
  to: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(to - from);
  for (const { path, offset, length } of files) {
    const start = Math.max(from, offset);
    const end = Math.min(to, offset + length);
    if (start >= end) continue;
    const file = await open(`${dir}/${path.join('/')}`);
    try {
      const { bytesRead } = await file.read(bytes, start - from, end - start, start - offset);
      if (bytesRead < end - start) throw new Error(`${path.join('/')} ends too early`);
    } finally {
      await file.close();
    }
  }
  return bytes;
}
