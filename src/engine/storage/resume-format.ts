/** Bytes of a resume file, version 1. All numbers big-endian; the length follows from the two counts. */
import { createHash } from 'node:crypto';
import { bytesEqual, fromHex, fromUtf8, toHex, utf8 } from '../bytes.js';
import { MillraceError } from '../errors.js';
import type { InfoHash } from '../ids.js';
import type { FileStamp } from '../swarm/ports.js';

const MAGIC = utf8('mrr1'); // the last character is the version of the format
const AT_HASH = 4;
const AT_PIECES = AT_HASH + 20;
const AT_FILES = AT_PIECES + 4;
const AT_UPLOADED = AT_FILES + 4;
const AT_DOWNLOADED = AT_UPLOADED + 8;
const AT_BITS = AT_DOWNLOADED + 8;
const STAMP_BYTES = 16;
const CHECKSUM_BYTES = 32; // SHA-256 of everything before it

/** What a torrent is, so that the state of another one, or of another form of it, is refused. */
export interface ResumeShape {
  readonly infoHash: InfoHash;
  readonly pieceCount: number;
  readonly fileCount: number;
}

export interface ResumeRecord {
  /** Pieces that were verified and durable. */
  readonly claimed: Uint8Array;
  /** One a file, taken after those pieces were durable. */
  readonly stamps: readonly FileStamp[];
  readonly uploaded: number;
  readonly downloaded: number;
}

export function resumeLength({ pieceCount, fileCount }: ResumeShape): number {
  return AT_BITS + ((pieceCount + 7) >>> 3) + STAMP_BYTES * fileCount + CHECKSUM_BYTES;
}

export function encodeResume(shape: ResumeShape, record: ResumeRecord): Uint8Array {
  const bytes = new Uint8Array(resumeLength(shape));
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  bytes.set(fromHex(shape.infoHash), AT_HASH);
  view.setUint32(AT_PIECES, shape.pieceCount);
  view.setUint32(AT_FILES, shape.fileCount);
  view.setFloat64(AT_UPLOADED, record.uploaded);
  view.setFloat64(AT_DOWNLOADED, record.downloaded);
  bytes.set(record.claimed, AT_BITS);
  let at = AT_BITS + record.claimed.length;
  for (const { size, mtimeMs } of record.stamps) {
    view.setFloat64(at, size);
    view.setFloat64(at + 8, mtimeMs);
    at += STAMP_BYTES;
  }
  bytes.set(checksum(bytes.subarray(0, at)), at);
  return bytes;
}

/** @throws MillraceError ERR_RESUME_INVALID: cut, damaged, of another version or another torrent. */
export function decodeResume(shape: ResumeShape, bytes: Uint8Array): ResumeRecord {
  const wanted = resumeLength(shape);
  if (bytes.length !== wanted) throw invalid(`has ${bytes.length} bytes, must have ${wanted}`);
  if (!bytesEqual(bytes.subarray(0, AT_HASH), MAGIC))
    throw invalid(`begins with ${toHex(bytes.subarray(0, AT_HASH))}, must be "${fromUtf8(MAGIC)}"`);
  const end = wanted - CHECKSUM_BYTES;
  if (!bytesEqual(checksum(bytes.subarray(0, end)), bytes.subarray(end)))
    throw invalid('does not match its checksum');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const infoHash = toHex(bytes.subarray(AT_HASH, AT_PIECES));
  if (infoHash !== shape.infoHash) throw invalid(`is of torrent ${infoHash}, must be ${shape.infoHash}`);
  const pieceCount = view.getUint32(AT_PIECES);
  if (pieceCount !== shape.pieceCount)
    throw invalid(`has ${pieceCount} pieces, must have ${shape.pieceCount}`);
  const fileCount = view.getUint32(AT_FILES);
  if (fileCount !== shape.fileCount) throw invalid(`has ${fileCount} files, must have ${shape.fileCount}`);
  const atStamps = AT_BITS + ((pieceCount + 7) >>> 3);
  return {
    claimed: bytes.slice(AT_BITS, atStamps),
    stamps: Array.from({ length: fileCount }, (_, file) => ({
      size: view.getFloat64(atStamps + STAMP_BYTES * file),
      mtimeMs: view.getFloat64(atStamps + STAMP_BYTES * file + 8),
    })),
    uploaded: view.getFloat64(AT_UPLOADED),
    downloaded: view.getFloat64(AT_DOWNLOADED),
  };
}

export function invalid(fact: string): MillraceError {
  return new MillraceError('ERR_RESUME_INVALID', `resume state ${fact}`, { fact });
}

function checksum(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}
