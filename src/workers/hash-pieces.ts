import { SHA1_BYTES } from '../engine/kernels/types.js';
import type { Extent } from '../engine/swarm/ports.js';
import { readExtents } from './file-io.js';
import { hashSlots, type JobContext, LANES } from './hash-slots.js';
import type { PiecesJob } from './jobs.js';

/**
 * The SHA-1 of consecutive pieces, 20 bytes apiece, read through a slot that holds a few of them at a time: the same
 * pages again and again, which stay in the cache of the core.
 * @returns undefined when a file ended early
 * @throws the error of the operating system
 */
export function hashPieces(context: JobContext, job: PiecesJob): Uint8Array | undefined {
  const { at, length, pieceLength, extents } = job;
  const total = extents.reduce((sum, extent) => sum + extent.length, 0);
  const digests = new Uint8Array(Math.ceil(total / pieceLength) * SHA1_BYTES);
  const slotful = Math.floor(length / pieceLength) * pieceLength;
  const cut = cutter(extents);
  for (let done = 0; done < total; done += slotful) {
    const bytes = Math.min(slotful, total - done);
    if (!readExtents(context.bytes, at, cut(bytes))) return undefined;
    const hashed = hashFilled(context, at, bytes, pieceLength);
    digests.set(hashed, (done / pieceLength) * SHA1_BYTES);
  }
  return digests;
}

/** The digests of the pieces in a slot; the last of them may be shorter. */
function hashFilled(context: JobContext, at: number, bytes: number, pieceLength: number): Uint8Array {
  const digests = new Uint8Array(Math.ceil(bytes / pieceLength) * SHA1_BYTES);
  for (let done = 0; done < bytes; ) {
    const length = Math.min(pieceLength, bytes - done);
    const count = Math.min(LANES, Math.floor((bytes - done) / length));
    const slots = Array.from({ length: count }, (_, i) => at + done + i * length);
    hashSlots(context, 'sha1', slots, length).forEach((digest, i) => {
      digests.set(digest, (done / pieceLength + i) * SHA1_BYTES);
    });
    done += count * length;
  }
  return digests;
}

/** Takes so many bytes of the extents at each call. */
function cutter(extents: readonly Extent[]): (bytes: number) => Extent[] {
  let index = 0;
  let used = 0;
  return bytes => {
    const parts: Extent[] = [];
    while (bytes > 0) {
      const { fd, position, length } = extents[index];
      const part = Math.min(bytes, length - used);
      parts.push({ fd, position: position + used, length: part });
      bytes -= part;
      used += part;
      if (used < length) continue;
      index++;
      used = 0;
    }
    return parts;
  };
}
