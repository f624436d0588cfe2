import { lstat, readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { compareBytes, utf8 } from '../bytes.js';
import { MillraceError } from '../errors.js';
import { SHA1_BYTES } from '../kernels/types.js';
import { choosePieceLength, createMetainfo } from '../protocol/create-metainfo.js';
import { parseMetainfo } from '../protocol/metainfo.js';
import { mapStorageError } from '../storage/errors.js';
import { createFileStore } from '../storage/file-store.js';
import { allPieces } from './checker.js';
import { createMachinery, sha1 } from './engine.js';
import { resolveHashing } from './options.js';
import { PieceIo } from './piece-io.js';
import { forEachRun } from './piece-runs.js';
import type { CreatedTorrent, CreateOptions } from './types.js';
import { CLIENT_VERSION } from './version.js';
import { throwIfAborted } from './waits.js';

const MIN_PIECE_LENGTH = 16 * 1024;
const MAX_PIECE_LENGTH = 64 * 1024 * 1024;

/** Piece slots, of which few are touched. */
const MEMORY_BYTES = 64 * 1024 * 1024;

type Hashing = ReturnType<typeof resolveHashing>;

interface FoundFile {
  /** Below the folder that holds the torrent's file or folder. */
  readonly path: readonly string[];
  readonly length: number;
}

/**
 * Makes a .torrent of a file or of all files of a folder, in the order of their paths' bytes. Symbolic links and
 * special files inside the folder are left out.
 *
 * @throws MillraceError ERR_STORAGE_* when something cannot be read or changes meanwhile, ERR_OPTION,
 * ERR_METAINFO_INVALID when there is nothing to share or a name cannot be, ERR_ABORTED
 */
export async function createTorrent(path: string, options: CreateOptions = {}): Promise<CreatedTorrent> {
  const { signal } = options;
  const hashing = resolveHashing(options);
  throwIfAborted(signal);
  const root = await realpath(resolve(path)).catch(error => Promise.reject(mapStorageError(error, path)));
  const found = await findFiles(root, signal);
  const length = found.files.reduce((sum, file) => sum + file.length, 0);
  if (length === 0)
    throw new MillraceError('ERR_METAINFO_INVALID', `${path} has no bytes to share`, {
      files: found.files.length,
    });
  const pieceLength = checkPieceLength(options.pieceLength ?? choosePieceLength(length));
  const pieces = await hashFiles(dirname(root), found.files, length, pieceLength, hashing, options);
  const bytes = createMetainfo({
    name: options.name ?? basename(root),
    singleFile: found.single,
    files: found.files.map(file => ({ path: file.path.slice(1), length: file.length })),
    pieceLength,
    pieces,
    announce: options.announce,
    private: options.private,
    comment: options.comment,
    createdBy: CLIENT_VERSION,
    creationDate: options.creationDate,
  });
  return { bytes, metainfo: parseMetainfo(bytes, { sha1 }) };
}

function checkPieceLength(pieceLength: number): number {
  const power = Number.isInteger(pieceLength) && Number.isInteger(Math.log2(pieceLength));
  if (power && pieceLength >= MIN_PIECE_LENGTH && pieceLength <= MAX_PIECE_LENGTH) return pieceLength;
  throw new MillraceError(
    'ERR_OPTION',
    `pieceLength is ${pieceLength}, must be a power of two from ${MIN_PIECE_LENGTH} to ${MAX_PIECE_LENGTH}`,
    { option: 'pieceLength', value: pieceLength, min: MIN_PIECE_LENGTH, max: MAX_PIECE_LENGTH },
  );
}

async function findFiles(
  root: string,
  signal?: AbortSignal,
): Promise<{ single: boolean; files: FoundFile[] }> {
  try {
    const { size, ...stat } = await lstat(root).then(found => ({ size: found.size, isFile: found.isFile() }));
    if (stat.isFile) return { single: true, files: [{ path: [basename(root)], length: size }] };
    const files: FoundFile[] = [];
    const walk = async (folder: readonly string[]): Promise<void> => {
      throwIfAborted(signal);
      const entries = await readdir(join(dirname(root), ...folder), { withFileTypes: true });
      entries.sort((a, b) => compareBytes(utf8(a.name), utf8(b.name)));
      for (const entry of entries) {
        const path = [...folder, entry.name];
        if (entry.isDirectory()) await walk(path);
        else if (entry.isFile())
          files.push({ path, length: (await lstat(join(dirname(root), ...path))).size });
      }
    };
    await walk([basename(root)]);
    return { single: false, files };
  } catch (error) {
    throw mapStorageError(error, basename(root));
  }
}

async function hashFiles(
  dir: string,
  files: readonly FoundFile[],
  length: number,
  pieceLength: number,
  hashing: Hashing,
  { signal, onProgress }: CreateOptions,
): Promise<Uint8Array> {
  const memoryBytes = Math.max(MEMORY_BYTES, 4 * pieceLength);
  const machinery = createMachinery({ ...hashing, memoryBytes });
  machinery.pool.start();
  const { pool, budget, handles, arena } = machinery;
  let offset = 0;
  const mapped = files.map(file => {
    const at = offset;
    offset += file.length;
    return { ...file, offset: at, pad: false };
  });
  const storage = createFileStore({ dir, files: mapped, length, handles, readOnly: true });
  const pieces = new Uint8Array(Math.ceil(length / pieceLength) * SHA1_BYTES);
  const io = new PieceIo({ pieceLength, length }, () => pieces, storage, pool, arena.buffer);
  let done = 0;
  try {
    await storage.open();
    await forEachRun(
      allPieces(pieces.length / SHA1_BYTES),
      { pieceLength, pool, budget, signal },
      async run => {
        const digests = await io.digests(run);
        digests.forEach((digest, i) => {
          pieces.set(digest, (run.first + i) * SHA1_BYTES);
        });
        done += Math.min(run.count * pieceLength, length - run.first * pieceLength);
        onProgress?.(done, length);
      },
    );
    return pieces;
  } finally {
    await storage.close();
    await machinery.close();
  }
}
