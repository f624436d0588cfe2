import type { InfoHash, PeerAddress } from '../ids.js';
import type { LimitedBy } from '../policy/limiting.js';
import type { PeerSource } from '../policy/peer-list.js';
import type { SlotGrowth } from '../policy/unchoke-slots.js';
import type { Metainfo } from '../protocol/metainfo-types.js';
import type { Rename } from '../protocol/rename.js';
import type { SuperSeedMode } from '../swarm/super-seeder.js';
import type { SessionDht } from './dht-types.js';
import type {
  DiscoverySwitches,
  GroupLimits,
  KernelsOption,
  ListenAddress,
  RateLimits,
} from './option-types.js';
import type { SessionGlance, SessionStats } from './stats-types.js';
import type { AddOptions, Torrent, TorrentSource } from './torrent-types.js';

export type * from './dht-types.js';
export type * from './option-types.js';
export type * from './stats-types.js';
export type * from './torrent-types.js';
export type { LimitedBy, PeerSource, Rename, SlotGrowth, SuperSeedMode };

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
