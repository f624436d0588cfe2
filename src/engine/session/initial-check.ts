import { isMillraceError, MillraceError } from '../errors.js';
import type { Metainfo } from '../protocol/metainfo-types.js';
import { FileMap } from '../storage/file-map.js';
import { recover } from '../storage/recover.js';
import type { ResumeStore } from '../storage/resume.js';
import type { Storage } from '../swarm/ports.js';
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

const NOTHING: Totals = { uploaded: 0, downloaded: 0 };

/**
 * Finds out what is already here: durable pieces of unchanged files are trusted, pieces in doubt are hashed, and
 * without any state everything that exists is.
 */
export async function checkExisting(check: InitialCheck): Promise<Totals> {
  const { metainfo, mode, markHave } = check;
  const all = allPieces(metainfo.pieceCount);
  if (mode === 'seed') {
    for (const piece of all) markHave(piece);
    return NOTHING;
  }
  if (mode === 'full') {
    await hash(check, all);
    return NOTHING;
  }
  return (await fromResume(check)) ?? (await fromFiles(check));
}

async function fromResume(check: InitialCheck): Promise<Totals | undefined> {
  const { resume, storage, metainfo, markHave } = check;
  if (resume === undefined) return undefined;
  try {
    const state = await resume.load();
    if (state === undefined) return undefined;
    const map = new FileMap(metainfo.files);
    const { trusted, recheck } = recover(state, await storage.stamps(), map, metainfo.pieceLength);
    for (const piece of piecesIn(trusted, metainfo.pieceCount)) markHave(piece);
    await hash(check, piecesIn(recheck, metainfo.pieceCount));
    return { uploaded: state.uploaded, downloaded: state.downloaded };
  } catch (error) {
    if (isMillraceError(error, 'ERR_RESUME_INVALID')) return undefined;
    throw error;
  }
}

/** No state: what lies there may be anything, so all of it is hashed; pieces of files that do not exist are not. */
async function fromFiles(check: InitialCheck): Promise<Totals> {
  const { storage, metainfo } = check;
  const { files, pieceLength } = metainfo;
  const stamps = await storage.stamps();
  const present = new Set<number>();
  files.forEach((file, index) => {
    if (file.pad || file.length === 0 || stamps[index].size <= 0) return;
    const end = file.offset + Math.min(file.length, stamps[index].size);
    for (let piece = Math.floor(file.offset / pieceLength); piece * pieceLength < end; piece++)
      present.add(piece);
  });
  await hash(check, present);
  return NOTHING;
}

async function hash(check: InitialCheck, pieces: Iterable<number>): Promise<void> {
  const { io, budget, signal, markHave } = check;
  await checkPieces(io, budget, pieces, {
    signal,
    onPiece: (piece, good) => {
      if (good) markHave(piece);
    },
  });
}

/** What a torrent was stopped with while it was checking. */
export function closedWhileChecking(): MillraceError {
  return new MillraceError('ERR_CLOSED', 'the torrent was closed');
}
