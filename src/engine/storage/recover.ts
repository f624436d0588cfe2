import { noBits, setBit } from '../bits.js';
import type { FileStamp } from '../swarm/ports.js';
import type { FileMap } from './file-map.js';
import { sameStamp } from './stamps.js';

/** What of a resume state counts for recovery. */
export interface RecoverableState {
  readonly claimed: Uint8Array;
  readonly hints: readonly number[];
  readonly stamps: readonly FileStamp[];
}

export interface Recovery {
  /** Claimed, and every file of the piece is as it was: no need to look. */
  readonly trusted: Uint8Array;
  /** Claimed or hinted but not trusted: to be hashed. All other pieces are to be fetched. */
  readonly recheck: Uint8Array;
  /** All files are as they were. */
  readonly stampsMatch: boolean;
}

/**
 * Decides what to believe after a restart. A changed size or time may be our own later writes or somebody's edit;
 * nobody can tell, so the pieces of a changed file are hashed again, which is cheap, and never believed.
 */
export function recover(
  state: RecoverableState,
  current: readonly FileStamp[],
  map: FileMap,
  pieceLength: number,
): Recovery {
  const pieceCount = Math.ceil(map.length / pieceLength);
  const doubtful = noBits(pieceCount);
  let stampsMatch = true;
  for (const [index, { offset, length, pad }] of map.files.entries()) {
    const now = current[index];
    const then = state.stamps[index];
    if (pad) continue;
    const same = now !== undefined && then !== undefined && sameStamp(now, then);
    stampsMatch &&= same;
    // A file that was and is missing is unchanged, but proves nothing.
    if (length === 0 || (same && now.size >= 0)) continue;
    const last = Math.floor((offset + length - 1) / pieceLength);
    for (let piece = Math.floor(offset / pieceLength); piece <= last; piece++) setBit(doubtful, piece);
  }
  const trusted = noBits(pieceCount);
  const recheck = noBits(pieceCount);
  for (const piece of state.hints) if (piece >= 0 && piece < pieceCount) setBit(recheck, piece);
  for (let i = 0; i < trusted.length; i++) {
    trusted[i] = state.claimed[i] & ~doubtful[i];
    recheck[i] = (recheck[i] | state.claimed[i]) & ~trusted[i];
  }
  return { trusted, recheck, stampsMatch };
}
