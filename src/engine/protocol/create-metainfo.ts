import { type BInput, encode } from './bencode.js';
import { invalid } from './metainfo-error.js';
import { safePath } from './safe-path.js';
import { uniquePaths } from './safe-path-unique.js';

export interface NewMetainfo {
  /** File name of a single-file torrent, else the folder's. */
  readonly name: string;
  /** In the order of their bytes. Paths are below the torrent's folder; a single file's path is not used. */
  readonly files: readonly { readonly path: readonly string[]; readonly length: number }[];
  /** One file without a folder. Needs exactly one file. */
  readonly singleFile: boolean;
  /** Bytes; see {@link choosePieceLength}. */
  readonly pieceLength: number;
  /** SHA-1 of each piece, 20 bytes each. */
  readonly pieces: Uint8Array;
  /** Tracker URLs by tier (BEP 12). */
  readonly announce?: readonly (readonly string[])[];
  readonly private?: boolean;
  readonly comment?: string;
  readonly createdBy?: string;
  /** Seconds since 1970. */
  readonly creationDate?: number;
}

/**
 * The bytes of a .torrent file (v1). The same input gives the same bytes.
 * @throws RangeError when the numbers do not fit each other
 * @throws MillraceError ERR_METAINFO_INVALID for names that no reader could keep, so that a torrent made here can
 * always be seeded from the same files
 */
export function createMetainfo(spec: NewMetainfo): Uint8Array {
  checkNumbers(spec);
  checkNames(spec);
  const { announce = [] } = spec;
  const tiers = announce.filter(tier => tier.length > 0);
  const trackers = tiers.flat();
  return encode({
    announce: trackers[0],
    'announce-list': trackers.length > 1 ? tiers : undefined,
    comment: spec.comment,
    'created by': spec.createdBy,
    'creation date': spec.creationDate,
    info: encodeInfo(spec),
  });
}

function encodeInfo({
  files,
  name,
  pieceLength,
  pieces,
  private: isPrivate,
  singleFile,
}: NewMetainfo): BInput {
  return {
    ...(singleFile
      ? { length: files[0].length }
      : { files: files.map(({ length, path }) => ({ length, path })) }),
    name,
    'piece length': pieceLength,
    pieces,
    private: isPrivate ? 1 : undefined,
  };
}

function checkNumbers({ files, pieceLength, pieces, singleFile }: NewMetainfo): void {
  if (singleFile && files.length !== 1)
    throw new RangeError(`a single-file torrent of ${files.length} files`);
  let length = 0;
  for (const file of files) length += file.length;
  const count = Math.ceil(length / pieceLength);
  if (length < 1 || !Number.isSafeInteger(length) || pieces.length !== count * 20) {
    throw new RangeError(
      `${pieces.length / 20} piece hashes for ${length} bytes in pieces of ${pieceLength}`,
    );
  }
}

/** A name that reading would change (`aux`, a line break, two files that differ in case alone) would be lost. */
function checkNames({ files, name, singleFile }: NewMetainfo): void {
  const given = singleFile ? [[name]] : [[name], ...files.map(file => file.path)];
  const below = given.slice(1).map(path => ({ path: safePath(path), length: 0, pad: false }));
  const kept = [safePath(given[0]), ...uniquePaths(below)];
  given.forEach((path, i) => {
    if (path.length === kept[i].length && path.every((part, at) => part === kept[i][at])) return;
    const [from, to] = [path, kept[i]].map(parts => JSON.stringify(parts.join('/')));
    throw invalid(`name ${from} cannot be kept on every system (it would be read as ${to})`);
  });
}

const KIB = 1024;
/** BEP 3: "most commonly 2^18". */
const DEFAULT_PIECE_LENGTH = 256 * KIB;
const MAX_CHOSEN_PIECE_LENGTH = 16 * 1024 * KIB;
/** Keeps the hashes of a torrent below 160 KiB and a bitfield at 1 KiB. */
const MAX_CHOSEN_PIECES = 8192;

/**
 * Piece length for new torrents: 256 KiB up to 2 GiB (BEP 3), above that the smallest power of two that makes at most
 * 8192 pieces, but no more than 16 MiB: a piece is what memory holds until it is verified.
 */
export function choosePieceLength(totalBytes: number): number {
  let length = DEFAULT_PIECE_LENGTH;
  while (length < MAX_CHOSEN_PIECE_LENGTH && totalBytes > length * MAX_CHOSEN_PIECES) length *= 2;
  return length;
}
