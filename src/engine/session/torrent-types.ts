import type { Readable } from 'node:stream';
import type { MillraceError } from '../errors.js';
import type { InfoHash, PeerAddress } from '../ids.js';
import type { Metainfo } from '../protocol/metainfo-types.js';
import type { Rename } from '../protocol/rename.js';
import type { SuperSeedMode } from '../swarm/super-seeder.js';
import type { OnComplete, RateLimits } from './option-types.js';
import type { TorrentGlance, TorrentState, TorrentStats, TrackerStats } from './stats-types.js';

/** A .torrent's bytes, the path or file: URL of one, parsed metainfo, or a magnet link, whose metadata peers have. */
export type TorrentSource = Uint8Array | string | URL | Metainfo;

export type FilePriority = 'skip' | 'low' | 'normal' | 'high';

/** Indices of files. */
export interface FileLists {
  readonly skip?: readonly number[];
  readonly low?: readonly number[];
  readonly high?: readonly number[];
}

export interface AddOptions {
  /** Folder below which the files lie. Default: the session's `dir`. */
  dir?: string;
  /** Peers to dial besides those that trackers tell. */
  peers?: readonly PeerAddress[];
  /** Trackers to use instead of those in the torrent, as tiers; [] for none. */
  trackers?: readonly (readonly string[])[];
  /** Keep the torrent still until `resume()`. */
  paused?: boolean;
  /** Files to fetch, by index; the others are skipped. */
  select?: readonly number[];
  /** Files, by index, that do not come at all, last, or first; one that is skipped in any way stays so. */
  priorities?: FileLists;
  sequential?: boolean;
  limits?: RateLimits;
  /** The session's limits do not count for this torrent, nor it for them. Default: false. */
  ownLimitsOnly?: boolean;
  /** Shares the rates of `Session.setGroup` with others of the name. */
  group?: string;
  /** Connections of this torrent, 1 to 10000. Default: the session's `maxPeersPerTorrent`. */
  maxPeers?: number;
  /** Without growth. Default: the session's slots, and its growth. */
  slots?: number;
  /** Default: the session's. */
  superSeeding?: SuperSeedMode;
  onComplete?: OnComplete;
  preallocate?: 'sparse' | 'full';
  /** What `Torrent.renames` told before: files that were renamed. Nothing is renamed on disk by it. */
  renames?: readonly Rename[];
  /** `full` hashes every piece first; `seed` trusts the files; `auto` (default) trusts resume state, else hashes what exists. */
  check?: 'auto' | 'full' | 'seed';
  /** Where the bytes live. `memory` keeps them in memory and touches no disk. */
  storage?: 'file' | 'memory';
  signal?: AbortSignal;
}

export type TorrentEvent =
  | { readonly type: 'checked'; readonly piecesDone: number }
  | { readonly type: 'piece'; readonly piece: number }
  | { readonly type: 'piece-failed'; readonly piece: number }
  | { readonly type: 'complete'; readonly bytes: number; readonly seconds: number }
  | { readonly type: 'peer'; readonly address: string; readonly client: string }
  | { readonly type: 'peer-closed'; readonly address: string; readonly code: string }
  | { readonly type: 'peer-banned'; readonly address: string; readonly reason: string }
  | {
      readonly type: 'tracker';
      readonly url: string;
      readonly state: TrackerStats['state'];
      readonly error?: string;
    }
  | { readonly type: 'left' }
  | { readonly type: 'error'; readonly error: MillraceError }
  | { readonly type: 'dropped-events'; readonly count: number };

export type TorrentEventOf<T extends TorrentEvent['type']> = Extract<TorrentEvent, { type: T }>;

export interface WaitOptions {
  readonly signal?: AbortSignal;
}

export interface MoveOptions {
  /** Whether the files go to the new folder. Otherwise they are looked for there, and what is found is checked. */
  readonly move: boolean;
  /** Of bytes that must be copied; once, with all of them, when none must. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  /** Ends the move; the torrent stays where it is. */
  readonly signal?: AbortSignal;
}

export interface StreamOptions extends WaitOptions {
  /** First byte; default 0. */
  readonly start?: number;
  /** One past the last byte in `stream`, the last byte in `createReadStream`; default the whole file. */
  readonly end?: number;
}

export interface TorrentFileHandle {
  readonly index: number;
  /** Names below the download folder as they are now, joined by `/`. */
  readonly path: string;
  readonly length: number;
  /** Verified bytes of this file. */
  readonly done: number;
  priority: FilePriority;
  /** Web stream of bytes; pulls its pieces first and waits for them. `end` is exclusive. */
  stream(options?: StreamOptions): ReadableStream<Uint8Array>;
  /** Node stream; `end` is inclusive, as in node:fs. */
  createReadStream(options?: StreamOptions): Readable;
  /** Fills `into` from `offset` on, waiting for the pieces; resolves with the bytes read, less at the file's end. */
  read(into: Uint8Array, options?: { offset?: number } & WaitOptions): Promise<number>;
}

export interface Torrent {
  readonly infoHash: InfoHash;
  /**
   * Of a complete torrent that was added by the path of its .torrent, `pieces` and `infoBytes` are read from there again
   * when they are asked for, at once, and throw ERR_METAINFO_LOST when it is gone.
   */
  readonly metainfo: Metainfo;
  readonly state: TorrentState;
  readonly files: readonly TorrentFileHandle[];
  /** Resolves when all wanted pieces are verified and written; rejects with the torrent's error or ERR_ABORTED. */
  completed(options?: WaitOptions): Promise<void>;
  /** Resolves when the first check of existing data is over. */
  checked(options?: WaitOptions): Promise<void>;
  /** Resolves when the torrent has left by its `onComplete` or was closed. */
  left(options?: WaitOptions): Promise<void>;
  on<T extends TorrentEvent['type']>(type: T, listener: (event: TorrentEventOf<T>) => void): this;
  off<T extends TorrentEvent['type']>(type: T, listener: (event: TorrentEventOf<T>) => void): this;
  /** A bounded queue of all events; what it had to drop is reported as `dropped-events`. */
  events(options?: WaitOptions & { capacity?: number }): AsyncIterable<TorrentEvent>;
  /** Dials the peer now, or as soon as there is a place for it. An address that nobody can have, a name too, is passed over. */
  addPeer(address: PeerAddress): void;
  /** Raw URLs by tier, in the order of `stats().trackers`. */
  readonly trackers: readonly (readonly string[])[];
  /**
   * Replaces the trackers. What is known of those that stay is kept; those that go and knew of us are told `stopped`; new
   * ones are asked at once.
   */
  setTrackers(tiers: readonly (readonly string[])[]): void;
  /** Announces as soon as the tracker's minimum interval allows; trackers that failed are tried at once. */
  reannounce(): void;
  pause(): void;
  resume(): void;
  /** `ownOnly`: whether the session's limits no longer count for this torrent; absent leaves that as it is. */
  setLimits(limits: RateLimits, options?: { readonly ownOnly?: boolean }): void;
  /** Connections of this torrent, 1 to 10000; those who move least leave when there are more. */
  setMaxPeers(maxPeers: number): void;
  /** From now on it is one of this group; undefined: of none. */
  setGroup(name: string | undefined): void;
  setSequential(on: boolean): void;
  /** Pieces [from, to) at a priority; a file's priority is the same for all of its pieces. */
  select(from: number, to: number, priority: FilePriority): void;
  /** Hashes everything that is on disk again. */
  recheck(options?: WaitOptions): Promise<void>;
  saveResume(): Promise<void>;
  /** What was renamed so far, in order. */
  readonly renames: readonly Rename[];
  /**
   * Renames a file or folder, on disk where it exists, while the torrent goes on. `path` begins with the torrent's name
   * and is what `files[i].path` tells now; `name` is one name, made safe as those of torrents are.
   * @throws MillraceError ERR_OPTION, ERR_NOT_FOUND, ERR_STORAGE_*: nothing was renamed then
   */
  rename(path: string, name: string): Promise<void>;
  /** The folder below which the files lie, absolute. */
  readonly dir: string;
  /**
   * Another folder for the files. A move renames them, or copies them to another file system and deletes them when all are
   * there and durable: a complete torrent goes on meanwhile, a download holds still. A move that failed or was aborted has
   * changed nothing, and goes on with what it has copied when it is asked for again. Files of others are neither
   * replaced nor moved.
   * @throws MillraceError ERR_STORAGE_*, ERR_ABORTED, ERR_CLOSED
   */
  setDir(dir: string, options: MoveOptions): Promise<void>;
  stats(): TorrentStats;
  /** A few numbers of `stats`, at next to no cost. */
  light(): TorrentGlance;
  /** A copy of the verified bits, the highest bit of the first byte for piece 0 (BEP 3). */
  haveBits(): Uint8Array;
  /** How many connected peers have each piece, as a copy. */
  availability(): Uint16Array;
  /** Verified bytes of a file; never wakes a torrent that rests. @throws RangeError for a file that does not exist */
  fileDone(index: number): number;
  /** Of all files, in their order. */
  filePriorities(): FilePriority[];
  /** Announces `stopped`, saves state, closes files. The data stays. */
  close(): Promise<void>;
  /**
   * Closes the torrent and deletes its files, and the folders that are empty then. Whatever else lies there stays.
   * @throws MillraceError ERR_STORAGE_*
   */
  removeData(): Promise<void>;
}
