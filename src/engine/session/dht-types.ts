import type { InfoHash, PeerAddress } from '../ids.js';
import type { BInput, BValue } from '../protocol/bencode.js';
import type { MagnetPointer } from '../protocol/magnet.js';

export type { DhtKeys } from '../discovery/dht-crypto.js';

/** What the DHT keeps (BEP 44): anything that bencode can say in 1000 bytes. */
export type DhtValue = BInput;

/** Where a value lies: 40 hex digits, or the key of whoever may change it and what tells his values apart. */
export type DhtTarget = string | { readonly publicKey: Uint8Array; readonly salt?: Uint8Array };

export interface DhtAskOptions {
  /** Ends the search. */
  readonly signal?: AbortSignal;
}

export interface DhtFound {
  readonly value: BValue;
  /** The same as it was stored and signed, in bencode. */
  readonly bytes: Uint8Array;
  /** Of a value that can be changed: the higher the newer. */
  readonly seq?: number;
}

export interface DhtPutMutable extends DhtAskOptions {
  readonly secretKey: Uint8Array;
  readonly value: DhtValue;
  /** At most 64 bytes; one key may have many values, each with its salt. */
  readonly salt?: Uint8Array;
  /** A whole number from 0. Default: one more than what is found, and then `cas` is what was found. */
  readonly seq?: number;
  /** The sequence number that is to be replaced, and no other. */
  readonly cas?: number;
}

export interface DhtStored {
  /** 40 hex digits. */
  readonly target: string;
  readonly seq?: number;
  /** Nodes that took it. */
  readonly nodes: number;
}

/** About how many there are, by the filters of BEP 33. */
export interface DhtScrape {
  readonly seeds: number;
  readonly downloaders: number;
}

/** Of all families together. */
export interface DhtGlance {
  /** In the tables, and those of them that answer. */
  readonly nodes: number;
  readonly goodNodes: number;
  /** Searches under way. */
  readonly lookups: number;
  /** Since the session is part of the DHT. */
  readonly queriesIn: number;
  readonly queriesOut: number;
  /** Queries of ours that nobody answered. */
  readonly timeouts: number;
  /** Packets in and out that were thrown away. */
  readonly dropped: number;
  /** What is kept for others. */
  readonly storedPeers: number;
  readonly storedItems: number;
}

export interface DhtFamilyStats extends DhtGlance {
  readonly family: 4 | 6;
  /** 40 hex digits. */
  readonly id: string;
  /** Where packets start from; undefined while there is no network. */
  readonly address?: PeerAddress;
  /** As others see us, once several networks agree. */
  readonly externalAddress?: string;
}

export interface DhtSessionStats extends DhtGlance {
  readonly families: readonly DhtFamilyStats[];
  /** Torrents that are looked up and announced. */
  readonly torrents: number;
}

/**
 * The session's part in the DHT. Whatever is asked waits until there is somebody to ask, and fails with
 * ERR_DHT_NO_NODES when nobody answers for 20 s, with ERR_ABORTED, ERR_CLOSED or ERR_NET_SUSPENDED.
 */
export interface SessionDht {
  /** Where it sends from, of each family. */
  readonly addresses: readonly PeerAddress[];
  stats(): DhtSessionStats;
  /** Resolves when some node answers. */
  ready(options?: DhtAskOptions): Promise<void>;
  /** Asks a node, by address or name, and goes on from there. Rejects with ERR_NET_ADDRESS for a name that is not known. */
  addNode(node: PeerAddress): Promise<void>;
  /** Peers of any torrent, without becoming one. */
  findPeers(infoHash: InfoHash, options?: DhtAskOptions): Promise<PeerAddress[]>;
  /** About how many have a torrent. Undefined when no node tells. */
  scrape(infoHash: InfoHash, options?: DhtAskOptions): Promise<DhtScrape | undefined>;
  /** Info-hashes that nodes near the target keep peers of (BEP 51); by default near a random one. */
  sample(options?: DhtAskOptions & { readonly target?: string }): Promise<InfoHash[]>;
  /** What was checked against target or signature; undefined when nobody has it. */
  get(target: DhtTarget, options?: DhtAskOptions): Promise<DhtFound | undefined>;
  /** The torrent that a publisher points to at present (BEP 46); undefined when nobody knows. */
  follow(pointer: MagnetPointer, options?: DhtAskOptions): Promise<InfoHash | undefined>;
  /** Stores a value that nobody can change, under its SHA-1. Nodes forget it after two hours unless it is put again. */
  put(value: DhtValue, options?: DhtAskOptions): Promise<DhtStored>;
  /**
   * Stores a value that can be changed by whoever has the secret key.
   * @throws MillraceError ERR_DHT_VALUE, ERR_DHT_NOT_STORED, ERR_DHT_OUTDATED when nodes have a newer one
   */
  putMutable(options: DhtPutMutable): Promise<DhtStored>;
}
