/** What the status page shows, told by whoever runs the session. */

export type PageStatus =
  | 'stopped'
  | 'check-wait'
  | 'checking'
  | 'download-wait'
  | 'downloading'
  | 'seed-wait'
  | 'seeding'
  | 'error';

export interface PageTorrent {
  /** Never used again for another torrent while the program runs. */
  readonly id: number;
  /** Hexadecimal. */
  readonly hash: string;
  readonly name: string;
  readonly status: PageStatus;
  readonly error?: string;
  /** Share of its files that are in their new folder, while they are copied. */
  readonly moving?: number;
  /** 0 to 1. */
  readonly progress: number;
  readonly size: number;
  /** Bytes a second, as `up`. */
  readonly down: number;
  readonly up: number;
  readonly peers: number;
  readonly ratio: number;
  readonly labels: readonly string[];
  /** Seconds since 1970. */
  readonly addedAt: number;
  readonly etaSeconds?: number;
  /** What holds it back most, in the words of docs/limits.md. */
  readonly limit?: string;
  /** Copies of the rarest piece in reach. */
  readonly copies: number;
}

export interface PageDetail {
  readonly torrent: PageTorrent;
  readonly dir: string;
  readonly pieces: {
    readonly count: number;
    /** Bits in the order of the wire: the first piece is the highest bit. */
    readonly have: Uint8Array;
    /** Peers that have a piece, by piece; nothing while no peer is known. */
    readonly availability: ArrayLike<number>;
  };
  readonly peers: readonly {
    address: string;
    client: string;
    progress: number;
    down: number;
    up: number;
    flags: string;
  }[];
  readonly trackers: readonly {
    url: string;
    state: string;
    seeders?: number;
    leechers?: number;
    error?: string;
    /** Seconds since 1970. */
    nextAt?: number;
  }[];
  readonly files: readonly { path: string; length: number; done: number; priority: string }[];
  /** Shares of the time, which add up to 1. */
  readonly limitedBy: readonly { name: string; share: number }[];
}

export interface PageSession {
  readonly version: string;
  /** Bytes a second, as `up`. */
  readonly down: number;
  readonly up: number;
  readonly torrents: number;
  readonly active: number;
  readonly peers: number;
  readonly freeBytes?: number;
  readonly uptimeSeconds: number;
  /** Why nothing is transferred. */
  readonly suspended?: string;
  readonly altSpeed: boolean;
  /** Bytes a second; 0 or Infinity: none. */
  readonly limits: { readonly down: number; readonly up: number };
}

/** Asked once a second while somebody watches, and not at all while nobody does. */
export interface PageSource {
  session(): PageSession;
  /** Read in slices over several rounds of the event loop, so torrents may come and go meanwhile. */
  torrents(): Iterable<PageTorrent>;
  detail(hash: string): PageDetail | undefined;
}
