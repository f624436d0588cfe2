import { MillraceError } from '../errors.js';
import type { PeerKey } from '../ids.js';
import type { Heap, Kernels } from '../kernels/types.js';
import { BLOCK_BYTES } from '../protocol/peer/messages.js';
import type { Rng } from './rng.js';

/** What a piece is worth to the user: skip, low, normal, high. Any higher one comes before every lower one. */
export type Priority = 0 | 1 | 2 | 3;

/** A block of a piece; `begin` and `length` are what a request message says. */
export interface BlockRef {
  readonly piece: number;
  readonly block: number;
  readonly begin: number;
  readonly length: number;
}

export interface PickerOptions {
  readonly kernels: Kernels;
  readonly heap: Heap;
  readonly rng: Rng;
  readonly pieceCount: number;
  /** Bytes of every piece but the last. */
  readonly pieceLength: number;
  /** Bytes of the torrent. */
  readonly length: number;
  /** Runs of bytes of pad files (BEP 47), addressed in the torrent. */
  readonly padding?: readonly ByteRun[];
  /** So many pieces are started at random before rarity decides. Defaults to 4 (libtorrent, initial_picker_threshold). */
  readonly randomFirstPieces?: number;
  /** In order of index, not of rarity. Defaults to false. */
  readonly sequential?: boolean;
}

export interface ByteRun {
  readonly offset: number;
  readonly length: number;
}

/** What the picker needs to know of the asking peer. */
export interface PickPeer {
  readonly key: PeerKey;
  /** Its bitfield in the kernels' memory, padded like every table. */
  readonly bitsAt: number;
  /** Snubbed: gets the commonest pieces, where others make up for it. */
  readonly slow: boolean;
  /** Sent bad data perhaps: gets whole pieces alone, so that the next failure has one author. */
  readonly parole: boolean;
  /** Only these pieces (allowed fast while it chokes us, BEP 6). */
  readonly allowed?: ReadonlySet<number>;
  /** Pieces that it suggests (BEP 6): started before rarer ones. */
  readonly suggested?: readonly number[];
  /** Fast enough for a piece to itself: does not join pieces of others while new ones can be started. */
  readonly wholePieces: boolean;
}

/** A piece under way. */
export interface PartialView {
  readonly piece: number;
  readonly blocks: number;
  readonly finishedBlocks: number;
  readonly requestedBlocks: number;
  /** False once its priority became 0: nothing more of it is picked, and the caller may abort it. */
  readonly wanted: boolean;
}

/** Most blocks of a piece, libtorrent piece_picker. */
export const MAX_BLOCKS_PER_PIECE = 2 ** 15 - 1;

export const DEFAULT_RANDOM_FIRST_PIECES = 4;

/** A block is asked of at most so many peers at a time in the end-game: a second and a third one. */
export const MAX_REQUESTERS = 3;

/**
 * A peer gets doubles only up to so many requests under way. libtorrent allows 1 and waits a round trip after each;
 * more would make slow peers send what others have sent already.
 */
export const END_GAME_WINDOW = 4;

/** An urgent piece whose last request is older than this is asked of a second peer too. */
export const URGENT_STALL_MS = 2000;

/** More started pieces with free blocks than this many a neighbour: finish them first (libtorrent). */
export const MAX_OPEN_PER_PEER = 1.5;

/** More blocks than this in started pieces with free blocks: finish them first (libtorrent, 32 MiB). */
export const MAX_OPEN_BLOCKS = 2048;

/** @throws MillraceError ERR_METAINFO_INVALID or ERR_METAINFO_LIMIT when the numbers do not describe a torrent. */
export function checkGeometry(pieceCount: number, pieceLength: number, length: number): void {
  const limit = MAX_BLOCKS_PER_PIECE * BLOCK_BYTES;
  if (!Number.isInteger(pieceLength) || pieceLength < 1 || pieceLength > limit)
    throw new MillraceError(
      'ERR_METAINFO_LIMIT',
      `piece length is ${pieceLength}, must be 1 to ${limit} (${MAX_BLOCKS_PER_PIECE} blocks)`,
      { pieceLength, limit },
    );
  if (!Number.isSafeInteger(length) || length < 0 || Math.ceil(length / pieceLength) !== pieceCount)
    throw new MillraceError(
      'ERR_METAINFO_INVALID',
      `${pieceCount} pieces of ${pieceLength} bytes do not make ${length} bytes`,
      { pieceCount, pieceLength, length },
    );
}
