import { isMillraceError } from '../errors.js';
import type { Metainfo } from '../protocol/metainfo-types.js';
import { FileMap } from '../storage/file-map.js';
import { recover } from '../storage/recover.js';
import type { ResumeState, ResumeStore } from '../storage/resume.js';
import type { FileStamp, Storage } from '../swarm/ports.js';
import { allPieces, piecesIn } from './checker.js';
import type { Traffic } from './durability.js';
import type { AddOptions } from './types.js';

export interface InitialCheck {
  readonly metainfo: Metainfo;
  readonly storage: Storage;
  readonly resume: ResumeStore | undefined;
  readonly mode: NonNullable<AddOptions['check']>;
}

/** What is here as far as can be told without hashing. */
export interface Existing {
  /** Of earlier sessions. */
  readonly traffic: Traffic;
  readonly trusted: Iterable<number>;
  /** Every piece is trusted. */
  readonly complete: boolean;
  /** Pieces that must be hashed. */
  readonly doubtful: Iterable<number>;
  /** There is state on disk, and it claims what is trusted. */
  readonly saved: boolean;
}

const NO_TRAFFIC: Traffic = { uploaded: 0, downloaded: 0 };

/**
 * Finds out what is already here: durable pieces of unchanged files are trusted, pieces in doubt are to be hashed, and
 * without any state everything that exists is.
 */
export async function findExisting({ metainfo, storage, resume, mode }: InitialCheck): Promise<Existing> {
  const { files, pieceLength, pieceCount } = metainfo;
  const nothing = { traffic: NO_TRAFFIC, trusted: [], complete: false, doubtful: [], saved: false };
  const state = await loadState(resume);
  const traffic = state ?? NO_TRAFFIC;
  if (mode === 'seed') return { ...nothing, traffic, trusted: allPieces(pieceCount), complete: true };
  if (mode === 'full') return { ...nothing, traffic, doubtful: allPieces(pieceCount) };
  const stamps = await storage.stamps();
  if (state === undefined) return { ...nothing, doubtful: present(metainfo, stamps) };
  const { trusted, recheck } = recover(state, stamps, new FileMap(files), pieceLength);
  return {
    traffic,
    trusted: piecesIn(trusted, pieceCount),
    complete: [...piecesIn(trusted, pieceCount)].length === pieceCount,
    doubtful: piecesIn(recheck, pieceCount),
    saved: true,
  };
}

/** All pieces but those that are trusted. */
export async function piecesToCheck(check: InitialCheck): Promise<Iterable<number>> {
  const trusted = new Set((await findExisting(check)).trusted);
  return [...allPieces(check.metainfo.pieceCount)].filter(piece => !trusted.has(piece));
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
