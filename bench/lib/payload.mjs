// Files to transfer and their torrents.
import { createCipheriv } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { createTorrent } from 'millrace';

const CHUNK_BYTES = 4 * 1024 * 1024;

/** Noise that is the same in every run: AES in counter mode over zeros. @param {string} path @param {number} bytes */
export async function writePayload(path, bytes) {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16));
  const zeros = Buffer.alloc(CHUNK_BYTES);
  const out = createWriteStream(path);
  for (let at = 0; at < bytes; at += CHUNK_BYTES) {
    const chunk = cipher.update(zeros.subarray(0, Math.min(CHUNK_BYTES, bytes - at)));
    if (!out.write(chunk)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
  return path;
}

/** A file of zeros that takes no room. @param {string} path @param {number} bytes */
export async function writeSparse(path, bytes) {
  const file = await open(path, 'w');
  await file.truncate(bytes);
  await file.close();
  return path;
}

/**
 * Writes the torrent of a file.
 * @param {string} path @param {string} out @param {{ pieceLength: number, announce?: string }} options
 */
export async function writeTorrent(path, out, { pieceLength, announce }) {
  const { bytes, metainfo } = await createTorrent(path, {
    pieceLength,
    announce: announce === undefined ? undefined : [[announce]],
  });
  await writeFile(out, bytes);
  return { torrent: out, metainfo };
}

/** Throws unless both files have the same bytes. @param {string} expected @param {string} actual */
export async function assertSameBytes(expected, actual) {
  const theirs = createReadStream(actual, { highWaterMark: CHUNK_BYTES })[Symbol.asyncIterator]();
  let at = 0;
  for await (const chunk of createReadStream(expected, { highWaterMark: CHUNK_BYTES })) {
    const { value } = await theirs.next();
    if (value === undefined || !chunk.equals(value)) {
      throw new Error(`the transfer is not identical: bytes differ after ${at}`);
    }
    at += chunk.length;
  }
  if (!(await theirs.next()).done)
    throw new Error(`the transfer is not identical: it has more than ${at} bytes`);
}
