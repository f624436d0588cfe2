import { MillraceError } from '../engine/errors.js';

/** A JavaScript Map holds 2^24 entries at most. */
const MAP_ENTRIES = 16_000_000;

/** Where one of the two servers listens. */
export interface ListenOptions {
  /** Port, 0 for any free one. */
  readonly port: number;
  /** Address to bind. Defaults to all addresses of both families, as does `::`. */
  readonly host?: string;
}

export interface TrackerOptions {
  /** HTTP announce and scrape; absent for none. */
  readonly http?: ListenOptions;
  /** UDP announce and scrape; absent for none. */
  readonly udp?: ListenOptions;
  /** Seconds between announces that clients are told. Defaults to 1800 (30 min), as chihaya; 1 to 86400. */
  readonly intervalSeconds?: number;
  /** Seconds that clients must wait at least (HTTP `min interval`). Defaults to a tenth of the interval; 1 to the interval. */
  readonly minIntervalSeconds?: number;
  /** Seconds after which a silent peer is forgotten. Defaults to 1.5 intervals, so that one late announce does no harm; up to 2^31. */
  readonly peerTtlSeconds?: number;
  /** Peers in a reply when the client does not say. Defaults to 50, as chihaya and webtorrent; 0 to 1000. */
  readonly defaultPeers?: number;
  /** Most peers in a reply. Defaults to 200; UDP replies hold at most 196 over IPv4 and 65 over IPv6. 0 to 1000. */
  readonly maxPeersPerReply?: number;
  /** Most info-hashes that one scrape is answered for; the rest is left out. Defaults to 70, as aquatic; 1 to 74 (BEP 15). */
  readonly maxScrapeHashes?: number;
  /** Most torrents, per address family. Defaults to 100,000. A torrent of one peer costs about 1.1 KB. 1 to 16,000,000. */
  readonly maxTorrents?: number;
  /** Most peers over all torrents, per address family. Defaults to 500,000. A peer of a large swarm costs about 240 bytes. 1 to 16,000,000. */
  readonly maxPeers?: number;
  /** Most HTTP connections at once. Defaults to 4096; 1 to 65535. */
  readonly maxConnections?: number;
  /** Milliseconds of a clock that never goes back. Defaults to `performance.now`. */
  readonly now?: () => number;
  /** Uniform dice, 0 .. bound - 1, for the peers of a reply. */
  readonly below?: (bound: number) => number;
}

export type ResolvedTrackerOptions = Readonly<Required<Omit<TrackerOptions, 'http' | 'udp'>>> &
  Pick<TrackerOptions, 'http' | 'udp'>;

/** @throws MillraceError ERR_OPTION naming the option, its value and its bounds. */
export function resolveTrackerOptions(options: TrackerOptions): ResolvedTrackerOptions {
  const whole = (name: string, value: number, min: number, max: number) => {
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new MillraceError(
      'ERR_OPTION',
      `${name} is ${value}, must be a whole number from ${min} to ${max}`,
      {
        option: name,
        value,
        min,
        max,
      },
    );
  };
  for (const kind of ['http', 'udp'] as const) {
    const listen = options[kind];
    if (listen !== undefined) whole(`${kind}.port`, listen.port, 0, 65535);
  }
  const intervalSeconds = whole('intervalSeconds', options.intervalSeconds ?? 1800, 1, 86_400);
  const maxPeersPerReply = whole('maxPeersPerReply', options.maxPeersPerReply ?? 200, 0, 1000);
  return {
    http: options.http,
    udp: options.udp,
    intervalSeconds,
    minIntervalSeconds: whole(
      'minIntervalSeconds',
      options.minIntervalSeconds ?? Math.ceil(intervalSeconds / 10),
      1,
      intervalSeconds,
    ),
    peerTtlSeconds: whole(
      'peerTtlSeconds',
      options.peerTtlSeconds ?? Math.ceil(intervalSeconds * 1.5),
      1,
      0x7fff_ffff,
    ),
    defaultPeers: Math.min(whole('defaultPeers', options.defaultPeers ?? 50, 0, 1000), maxPeersPerReply),
    maxPeersPerReply,
    maxScrapeHashes: whole('maxScrapeHashes', options.maxScrapeHashes ?? 70, 1, 74),
    maxTorrents: whole('maxTorrents', options.maxTorrents ?? 100_000, 1, MAP_ENTRIES),
    maxPeers: whole('maxPeers', options.maxPeers ?? 500_000, 1, MAP_ENTRIES),
    maxConnections: whole('maxConnections', options.maxConnections ?? 4096, 1, 65_535),
    now: options.now ?? (() => performance.now()),
    below: options.below ?? (bound => Math.floor(Math.random() * bound)),
  };
}
