// Many torrents of one file each, with their data where a daemon will look for it.
import { createHash } from 'node:crypto';
import { link, writeFile } from 'node:fs/promises';
import { createMetainfo } from 'millrace/protocol';

export const PIECE_BYTES = 16 * 1024;

/** A folder takes so many files at once before the threads of the file system are what waits. */
const AT_ONCE = 64;

/**
 * Small ones: 1 to 16 KiB, all different.
 * @param {string} dir @param {number} count
 * @returns {Promise<Uint8Array[]>} bytes of .torrent files
 */
export function makeSmall(dir, count) {
  return makeAll(count, async i => {
    const data = Buffer.alloc(1024 + ((i * 7919) % (PIECE_BYTES - 1024)), `${i} `);
    const name = `idle-${i}.bin`;
    await writeFile(`${dir}/${name}`, data);
    return torrentOf(name, data);
  });
}

/**
 * Larger ones, each the same bytes under a name of its own: links to one file, so they cost no room.
 * @param {string} dir @param {number} count @param {number} bytes
 */
export async function makeLinked(dir, count, bytes) {
  const data = Buffer.from(
    Uint32Array.from({ length: bytes / 4 }, (_, i) => Math.imul(i, 2654435761)).buffer,
  );
  await writeFile(`${dir}/active-0.bin`, data);
  return makeAll(count, async i => {
    const name = `active-${i}.bin`;
    if (i > 0) await link(`${dir}/active-0.bin`, `${dir}/${name}`);
    return torrentOf(name, data);
  });
}

async function makeAll(count, make) {
  const torrents = new Array(count);
  let next = 0;
  const makeOn = async () => {
    for (let i = next++; i < count; i = next++) torrents[i] = await make(i);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, makeOn));
  return torrents;
}

function torrentOf(name, data) {
  const pieces = new Uint8Array(20 * Math.ceil(data.length / PIECE_BYTES));
  for (let piece = 0; 20 * piece < pieces.length; piece++) {
    const bytes = data.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES);
    pieces.set(createHash('sha1').update(bytes).digest(), 20 * piece);
  }
  const files = [{ path: [name], length: data.length }];
  return createMetainfo({ name, files, singleFile: true, pieceLength: PIECE_BYTES, pieces });
}
