import { createFileStore } from '../storage/file-store.js';
import { allPieces, checkPieces } from './checker.js';
import { nowMs } from './clock.js';
import { checkPieceFits, createMachinery } from './engine.js';
import { resolveHashing } from './options.js';
import { PieceIo, pieceBytes } from './piece-io.js';
import { readTorrent } from './source.js';
import type { TorrentSource, VerifyOptions, VerifyResult } from './types.js';

/** Piece slots of a check, of which few are touched. */
const MEMORY_BYTES = 64 * 1024 * 1024;

/**
 * Hashes a torrent's files. Nothing is changed on disk.
 *
 * @throws MillraceError of the torrent's source; ERR_STORAGE_* when the disk fails (missing files are bad pieces, not
 * failures); ERR_OPTION; ERR_ABORTED
 */
export async function verifyTorrent(source: TorrentSource, options: VerifyOptions): Promise<VerifyResult> {
  const hashing = resolveHashing(options);
  const metainfo = await readTorrent(source);
  const memoryBytes = Math.max(MEMORY_BYTES, 4 * metainfo.pieceLength);
  checkPieceFits(metainfo.pieceLength, memoryBytes);
  const machinery = createMachinery({ ...hashing, memoryBytes });
  machinery.pool.start();
  const { files, length, pieceCount } = metainfo;
  const storage = createFileStore({
    dir: options.dir,
    files,
    length,
    handles: machinery.handles,
    readOnly: true,
  });
  try {
    await storage.open();
    const io = new PieceIo(metainfo, () => metainfo.pieces, storage, machinery.pool, machinery.arena.buffer);
    const startMs = nowMs();
    const bad: number[] = [];
    let done = 0;
    await checkPieces(io, machinery.budget, allPieces(pieceCount), {
      signal: options.signal,
      onPiece: (piece, good) => {
        if (!good) bad.push(piece);
        done += pieceBytes(metainfo, piece);
        options.onProgress?.(done, length);
      },
    });
    bad.sort((a, b) => a - b);
    return {
      pieces: pieceCount,
      good: pieceCount - bad.length,
      bad,
      bytes: length,
      seconds: (nowMs() - startMs) / 1000,
    };
  } finally {
    await storage.close();
    await machinery.close();
  }
}
