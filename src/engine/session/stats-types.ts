import type { ErrorCode, MillraceError } from '../errors.js';
import type { InfoHash } from '../ids.js';
import type { HashBackendName } from '../kernels/types.js';
import type { LimitedBy } from '../policy/limiting.js';
import type { PeerSource } from '../policy/peer-list.js';
import type { DhtGlance } from './dht-types.js';

export type TorrentState = 'checking' | 'downloading' | 'seeding' | 'paused' | 'error' | 'closed';

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
