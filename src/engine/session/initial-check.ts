import { isMillraceError, MillraceError } from '../errors.js';
import type { Metainfo } from '../protocol/metainfo-types.js';
import { FileMap } from '../storage/file-map.js';
import { recover } from '../storage/recover.js';
import type { ResumeState, ResumeStore } from '../storage/resume.js';
import type { FileStamp, Storage } from '../swarm/ports.js';
import { allPieces, checkPieces, piecesIn } from './checker.js';
import type { MemoryBudget } from './memory-budget.js';
import type { PieceIo } from './piece-io.js';
import type { AddOptions } from './types.js';

export interface InitialCheck {
  readonly metainfo: Metainfo;
  readonly storage: Storage;
  readonly resume: ResumeStore | undefined;
  readonly io: PieceIo;
  readonly budget: MemoryBudget;
  readonly mode: NonNullable<AddOptions['check']>;
  readonly signal: AbortSignal;
  readonly markHave: (piece: number) => void;
}

/** Bytes sent and received in earlier sessions. */
export interface Totals {
  readonly uploaded: number;
  readonly downloaded: number;
}

export interface CheckResult {
  readonly totals: Totals;
  /** Pieces that were hashed and are good: no state on disk vouches for them. */
  readonly proven: readonly number[];
}

const NOTHING: Totals = { uploaded: 0, downloaded: 0 };

/**
 * Finds out what is already here: durable pieces of unchanged files are trusted, pieces in doubt are hashed, and
 * without any state everything that exists is.
 */
export async function checkExisting(check: InitialCheck): Promise<CheckResult> {
  const { metainfo, mode, markHave } = check;
  const all = allPieces(metainfo.pieceCount);
  if (mode === 'seed') {
    for (const piece of all) markHave(piece);
    return { totals: NOTHING, proven: [] };
  }
  const state = await loadState(check.resume);
  const proven = await hash(check, mode === 'full' ? all : await doubtful(check, state));
  return { totals: state ?? NOTHING, proven };
}

/** Damaged state is no state. */
async function loadState(resume: ResumeStore | undefined): Promise<ResumeState | undefined> {
  try {
    return await resume?.load();
  } catch (error) {
    if (isMillraceError(error, 'ERR_RESUME_INVALID')) return undefined;
    throw error;
  }
}

/** Takes what the state vouches for. @returns the pieces that must be hashed */
async function doubtful(
  { storage, metainfo, markHave }: InitialCheck,
  state: ResumeState | undefined,
): Promise<Iterable<number>> {
  const { files, pieceLength, pieceCount } = metainfo;
  const stamps = await storage.stamps();
  if (state === undefined) return present(metainfo, stamps);
  const { trusted, recheck } = recover(state, stamps, new FileMap(files), pieceLength);
  for (const piece of piecesIn(trusted, pieceCount)) markHave(piece);
  return piecesIn(recheck, pieceCount);
}

/** No state: what lies there may be anything, so all of it is hashed; pieces of files that do not exist are not. */
function present({ files, pieceLength }: Metainfo, stamps: readonly FileStamp[]): Set<number> {
  const pieces = new Set<number>();
  files.forEach((file, index) => {
    if (file.pad || file.length === 0 || stamps[index].size <= 0) return;
    const end = file.offset + Math.min(file.length, stamps[index].size);
    for (let piece = Math.floor(file.offset / pieceLength); piece * pieceLength < end; piece++)
      pieces.add(piece);
  });
  return pieces;
}

async function hash(
  { io, budget, signal, markHave }: InitialCheck,
  pieces: Iterable<number>,
): Promise<readonly number[]> {
  const proven: number[] = [];
  await checkPieces(io, budget, pieces, {
    signal,
    onPiece: (piece, good) => {
      if (!good) return;
      markHave(piece);
      proven.push(piece);
    },
  });
  return proven;
}

/** What a torrent was stopped with while it was checking. */
export function closedWhileChecking(): MillraceError {
  return new MillraceError('ERR_CLOSED', 'the torrent was closed');
}
