import type { HashBackendName } from '../kernels/types.js';
import type { SlotGrowth } from '../policy/unchoke-slots.js';
import type { SuperSeedMode } from '../swarm/super-seeder.js';

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
