import type { Readable } from 'node:stream';
import type { ErrorCode, MillraceError } from '../errors.js';
import type { InfoHash, PeerAddress } from '../ids.js';
import type { HashBackendName } from '../kernels/types.js';
import type { LimitedBy } from '../policy/limiting.js';
import type { PeerSource } from '../policy/peer-list.js';
import type { SlotGrowth } from '../policy/unchoke-slots.js';
import type { Metainfo } from '../protocol/metainfo-types.js';
import type { Rename } from '../protocol/rename.js';
import type { SuperSeedMode } from '../swarm/super-seeder.js';
import type { DhtGlance, SessionDht } from './dht-types.js';

export type * from './dht-types.js';

/** Bytes per second in each direction. 0 is unlimited, which is the default. */
export interface RateLimits {
  /** Of all peers together. */
  readonly down?: number;
  readonly up?: number;
  /** Of each peer alone. */
  readonly peerDown?: number;
  readonly peerUp?: number;
}

/** Rates that several torrents share. */
export interface GroupLimits extends RateLimits {
  /** Those of the session do not count for them. Default: they do. */
  readonly ownOnly?: boolean;
}

export type KernelsOption = 'auto' | HashBackendName;
export type ProfileName = 'classic' | 'seedbox' | 'cluster';

/** What a torrent does when all that is wanted has arrived. */
export type OnComplete =
  | { readonly kind: 'stay' }
  | { readonly kind: 'leave' }
  | { readonly kind: 'linger'; readonly forMs?: number; readonly ratio?: number };

export interface LogSink {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface ListenAddress {
  /** `*` is every address of both families, `0.0.0.0` and `::` are every one of a family. */
  host?: string;
  port?: number;
}

export interface ProxyAddress {
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
}

/** All optional; defaults, bounds and sources are in docs/options.md, made from the table in options.ts. */
/** Somebody on the network, by address or name. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** What finds peers without a tracker, and what lets them in, as it is from now on; what is left out stays. */
export interface DiscoverySwitches {
  readonly dht?: boolean;
  readonly pex?: boolean;
  readonly lsd?: boolean;
  readonly portMapping?: boolean;
}

export interface SessionOptions {
  /** Folder that torrents are saved below unless `add` names another. */
  dir?: string;
  /** Folder of resume state; without it nothing is remembered between sessions. */
  stateDir?: string;
  /** Address of this machine that all connections and packets start from. Also the default of `listen.host`. */
  bind?: string;
  /** Where to listen for peers. Port 0 takes any free one. `false` only dials. */
  listen?: ListenAddress | false;
  /** SOCKS5 proxy for peers that are dialled and for HTTP trackers. UDP trackers are refused then. */
  proxy?: ProxyAddress;
  /** Why there is no network yet: begins as after `suspend`. */
  suspended?: string;
  limits?: RateLimits;
  profile?: ProfileName;
  /** Unchoke slots of each torrent, the optimistic one not counted. */
  slots?: number;
  slotGrowth?: SlotGrowth;
  superSeeding?: SuperSeedMode;
  maxPeersPerTorrent?: number;
  /** Connections of the whole session; no bound when absent. */
  maxConnections?: number;
  /** Files that are kept open; a piece may touch no more. */
  maxOpenFiles?: number;
  /** Blocks that wait in the queue of one socket. */
  sendBufferBytes?: number;
  /** Threads that hash and touch the disk; 0 does both on the event loop. */
  workers?: number;
  kernels?: KernelsOption;
  /** Budget of piece slots: everything requested, received, hashing, not yet written, and the read cache. */
  memoryBytes?: number;
  /** Longest info dictionary that peers are asked for. */
  maxMetadataBytes?: number;
  /** Be a node of the DHT, and find peers there (BEP 5). Default: false. */
  dht?: boolean;
  /** Nodes to begin with, by address or name. Default: the well-known ones. */
  dhtBootstrap?: readonly HostAndPort[];
  /** Ask nodes and answer none (BEP 43). Default: false. */
  dhtReadOnly?: boolean;
  /** Exchange addresses with connected peers (BEP 11). Default: true. */
  pex?: boolean;
  /** Look for peers in the local network (BEP 14). Default: false. */
  lsd?: boolean;
  /** Ask the router to let peers through. Default: false. */
  portMapping?: boolean;
  /** Reproduces the dice of all policy. Random when absent. */
  seed?: number;
  log?: LogSink;
  /** Aborting closes the session. */
  signal?: AbortSignal;
}

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

export type TorrentState = 'checking' | 'downloading' | 'seeding' | 'paused' | 'error' | 'closed';

export type { LimitedBy, PeerSource, Rename, SlotGrowth, SuperSeedMode };

export interface PeerStats {
  readonly address: string;
  readonly client: string;
  readonly downRate: number;
  readonly upRate: number;
  /** Earlier connections with it included, as far as it is known again. */
  readonly downloaded: number;
  readonly uploaded: number;
  /** Share of the torrent that the peer has, 0 to 1. */
  readonly progress: number;
  readonly amChoking: boolean;
  readonly amInterested: boolean;
  readonly peerChoking: boolean;
  readonly peerInterested: boolean;
  readonly snubbed: boolean;
  /** Blocks asked for and not yet here, and how many may be. */
  readonly outstanding: number;
  readonly window: number;
  readonly incoming: boolean;
  /** How we came to know it, and all who have told of it since. */
  readonly source: PeerSource;
  readonly sources: readonly PeerSource[];
}

export interface TrackerStats {
  /** The URL with passkeys blanked. */
  readonly url: string;
  /** 0 for those that are tried first. */
  readonly tier: number;
  readonly state: 'idle' | 'announcing' | 'working' | 'failed';
  readonly error?: string;
  readonly errorCode?: ErrorCode;
  /** Of the last answer, as far as it told. */
  readonly warning?: string;
  readonly seeders?: number;
  readonly leechers?: number;
  readonly downloads?: number;
  /** Peers in it. */
  readonly lastPeers?: number;
  /** When the last answer came, or the last failure; since 1970. */
  readonly lastMs?: number;
  /** When it is asked next, if none that is asked before it answers; since 1970. Undefined while nothing is due. */
  readonly nextMs?: number;
}

/** A tracker that is asked and says no is no `error` of the torrent: others may say yes. */
export interface TrackerComplaint {
  readonly kind: 'failure' | 'warning';
  readonly text: string;
}

/** A snapshot: plain data, nothing in it changes later. Bytes, bytes per second, milliseconds. */
export interface TorrentStats {
  readonly infoHash: InfoHash;
  readonly name: string;
  readonly state: TorrentState;
  readonly error?: MillraceError;
  readonly length: number;
  /** Verified bytes, and bytes that are wanted (skipped files left out). */
  readonly done: number;
  readonly wanted: number;
  readonly pieces: number;
  readonly piecesDone: number;
  readonly downRate: number;
  readonly upRate: number;
  /** Payload received and sent in this session. */
  readonly downloaded: number;
  readonly uploaded: number;
  /** The same with earlier sessions, as far as resume state tells. */
  readonly everDownloaded: number;
  readonly everUploaded: number;
  /** Received and thrown away: failed pieces, blocks that came twice. */
  readonly wasted: number;
  readonly failedPieces: number;
  /** Share of the running check that is done, 0 to 1; 1 while none runs. */
  readonly checkProgress: number;
  readonly limitedBy: LimitedBy;
  readonly peers: readonly PeerStats[];
  readonly knownPeers: number;
  readonly trackers: readonly TrackerStats[];
  /** Copies of the rarest piece among us and the neighbours, with the share of pieces that have one more. */
  readonly copies: number;
}

/** What is asked of ten thousand torrents many times a second: numbers alone. */
export interface TorrentGlance {
  readonly state: TorrentState;
  readonly error?: MillraceError;
  readonly done: number;
  readonly wanted: number;
  readonly downRate: number;
  readonly upRate: number;
  /** Payload of this session, and with that of earlier ones. */
  readonly downloaded: number;
  readonly uploaded: number;
  readonly wasted: number;
  readonly failedPieces: number;
  readonly everDownloaded: number;
  readonly everUploaded: number;
  readonly peers: number;
  readonly checkProgress: number;
  /** What a tracker of the torrent has refused it for, or warned of. */
  readonly trackerComplaint?: TrackerComplaint;
  /** It holds what peers and pieces need; a torrent at rest does not. */
  readonly working: boolean;
}

export interface SessionStats extends SessionGlance {
  readonly torrents: readonly TorrentStats[];
  readonly downRate: number;
  readonly upRate: number;
}

/** What is known of a session without asking its torrents. */
/** A port of the router that leads to the one we listen on. */
export interface MappedPort {
  readonly protocol: 'tcp' | 'udp';
  readonly internalPort: number;
  readonly externalPort: number;
  /** Undefined when the router does not tell. */
  readonly externalAddress: string | undefined;
  /** How the router was asked. */
  readonly by: 'pcp' | 'nat-pmp' | 'upnp';
  /** Address of the router in our network. */
  readonly gateway: string;
}

export interface SessionGlance {
  readonly kernels: {
    /** Backend of the table kernels and, per algorithm, of the hashes; and why when it is not the fastest kind. */
    readonly name: 'wasm' | 'js';
    readonly sha1: HashBackendName;
    readonly sha256: HashBackendName;
    readonly sharedMemory: boolean;
    readonly reason?: string;
  };
  readonly memory: { readonly usedBytes: number; readonly budgetBytes: number; readonly tableBytes: number };
  readonly workers: {
    readonly threads: number;
    readonly queued: number;
    readonly running: number;
    readonly lost: number;
  };
  readonly connections: number;
  /** Connections that were refused or ended by `setBlocked`. */
  readonly blocked: number;
  /** To trackers so far. */
  readonly announces: { readonly ok: number; readonly failed: number };
  /** While the session is part of the DHT. */
  readonly dht?: DhtGlance;
  /** Why there is no network, while `suspend` holds. */
  readonly suspended?: string;
  /** Ports of the router that lead here, with `portMapping`; none while it has not been found, or refuses. */
  readonly mapped: readonly MappedPort[];
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

export interface Session extends AsyncDisposable {
  readonly peerId: Uint8Array;
  /** Where peers reach us; undefined when not listening. By IPv4, when by both families. */
  readonly address: PeerAddress | undefined;
  /** The same for each family, IPv4 first, on one port. Empty when not listening. */
  readonly addresses: readonly PeerAddress[];
  readonly torrents: readonly Torrent[];
  /** Undefined while it is off, and behind a proxy. */
  readonly dht: SessionDht | undefined;
  /**
   * Resolves at once, but for a magnet link: then when its metadata has come from peers, whom the link, its trackers and
   * `options.peers` tell, or who dial us. Until then only `options.signal` and the end of the session stop the search.
   */
  add(source: TorrentSource, options?: AddOptions): Promise<Torrent>;
  get(infoHash: InfoHash): Torrent | undefined;
  setLimits(limits: RateLimits): void;
  /** Rates of all torrents of the group together. */
  setGroup(name: string, limits: GroupLimits): void;
  /** Connections of the whole session from now on; those that are too many already stay. Undefined is no bound. */
  setMaxConnections(count: number | undefined): void;
  /** Has nothing to do with these hosts any more: none is dialled or let in, and connections with them end. */
  setBlocked(isBlocked: ((host: string) => boolean) | undefined): void;
  /**
   * Listens somewhere else from now on, by default on the same host, and tells all trackers. Connections stay. When that
   * fails, with ERR_NET_ADDRESS_IN_USE or ERR_NET_ADDRESS, the session listens where it did.
   */
  listenOn(at: ListenAddress): Promise<PeerAddress>;
  /** Turns ways to find peers on or off, for all torrents that are not private. */
  setDiscovery(switches: DiscoverySwitches): void;
  /**
   * Ends all use of the network at once: no listener, no connection, no announce, not even `stopped`, until `restore`.
   * Torrents keep their state.
   */
  suspend(reason: string): void;
  /** Listens again where it did, never elsewhere, and announces; rejects with ERR_NET_* and stays suspended if it cannot. */
  restore(): Promise<void>;
  /**
   * Deletes what `stateDir` remembers of a torrent, which must not be in the session.
   * @throws MillraceError ERR_DUPLICATE_TORRENT when it is, ERR_STORAGE_*
   */
  forget(infoHash: InfoHash): Promise<void>;
  stats(): SessionStats;
  /** The same without torrents and rates, which takes no longer with 10,000 of them. */
  light(): SessionGlance;
  /** Ends everything within 5 s: state saved, `stopped` announced, sockets and threads gone. */
  close(): Promise<void>;
}

export interface CreateOptions {
  /** Default: by size, 256 KiB for ordinary ones. A power of two from 16 KiB to 64 MiB. */
  pieceLength?: number;
  /** Tracker tiers (BEP 12). */
  announce?: readonly (readonly string[])[];
  private?: boolean;
  comment?: string;
  /** Seconds since 1970; absent leaves the date out. */
  creationDate?: number;
  name?: string;
  workers?: number;
  kernels?: KernelsOption;
  onProgress?: (doneBytes: number, totalBytes: number) => void;
  signal?: AbortSignal;
}

export interface CreatedTorrent {
  /** The .torrent file. */
  readonly bytes: Uint8Array;
  readonly metainfo: Metainfo;
}

export interface VerifyOptions {
  dir: string;
  workers?: number;
  kernels?: KernelsOption;
  onProgress?: (doneBytes: number, totalBytes: number) => void;
  signal?: AbortSignal;
}

export interface VerifyResult {
  readonly pieces: number;
  readonly good: number;
  /** Pieces whose bytes differ or are missing. */
  readonly bad: readonly number[];
  readonly bytes: number;
  readonly seconds: number;
}
