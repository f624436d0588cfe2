import type { PeerAddress } from '../ids.js';
import type { IpFamily } from '../protocol/compact.js';
import type { DhtContact, DhtItem } from '../protocol/dht/messages.js';

/** A lookup under way. */
export interface DhtLookup {
  /** Nothing is reported after it, `onDone` neither. */
  cancel(): void;
}

/** What every lookup tells at its end. */
export interface DhtLookupResult {
  /** The closest nodes that answered, closest first, at most 8. */
  readonly closest: readonly DhtContact[];
  /** Longest chain of answers that led to one of them; 1 when all were in the table. */
  readonly hops: number;
  readonly queries: number;
  readonly answers: number;
  readonly elapsedMs: number;
}

export interface FindNodeOptions {
  onDone?(result: DhtLookupResult): void;
}

export interface GetPeersOptions {
  /** Tell the closest nodes that we are a peer, too. */
  readonly announce?: {
    readonly port: number;
    /** The port that packets are sent from counts instead. */
    readonly implied?: boolean;
    readonly seed?: boolean;
  };
  /** Seeds are of no use (BEP 33). */
  readonly noSeed?: boolean;
  /** Ask for the filters of BEP 33, too. */
  readonly scrape?: boolean;
  /** Peers that were not told before, as they come. */
  onPeers?(peers: PeerAddress[]): void;
  onDone?(result: GetPeersResult): void;
}

export interface GetPeersResult extends DhtLookupResult {
  /** Different peers that were told. */
  readonly peers: number;
  /** Nodes that took the announce. */
  readonly announcedTo: number;
  /** Bloom filters of 256 bytes, all answers together (BEP 33). */
  readonly seeds?: Uint8Array;
  readonly downloaders?: Uint8Array;
}

/** BEP 44. An item was checked against target and signature before it is told. */
export interface GetOptions {
  readonly salt?: Uint8Array;
  /** Only what is newer is of interest. */
  readonly seq?: number;
  /** Each time one comes that is newer than those before. */
  onItem?(item: DhtItem): void;
  onDone?(result: GetResult): void;
}

export interface GetResult extends DhtLookupResult {
  /** The newest. */
  readonly item?: DhtItem;
}

export interface PutOptions {
  /** Sequence number that the item to be replaced must have. */
  readonly cas?: number;
  onDone?(result: PutResult): void;
}

export interface PutResult extends GetResult {
  /** Nodes that took it. */
  readonly storedAt: number;
  /** Code of the last node that refused: 301 and 302 tell that somebody else's is newer. */
  readonly refused?: number;
}

/** BEP 51. */
export interface SampleOptions {
  onSamples?(samples: DhtSamples): void;
  onDone?(result: DhtLookupResult): void;
}

export interface DhtSamples {
  readonly from: DhtContact;
  readonly samples: readonly Uint8Array[];
  /** Seconds until there are others. */
  readonly interval?: number;
  /** Info-hashes that are stored there. */
  readonly stored?: number;
}

export interface DhtStats {
  readonly family: IpFamily;
  /** Nodes in the table, and those of them that are good (BEP 5). */
  readonly nodes: number;
  readonly goodNodes: number;
  readonly lookups: number;
  readonly transactions: number;
  readonly queriesIn: number;
  readonly queriesOut: number;
  readonly answersIn: number;
  /** Queries of ours without an answer. */
  readonly timeouts: number;
  /** Packets in and out that were thrown away. */
  readonly dropped: number;
  readonly storedPeers: number;
  readonly storedItems: number;
  /** As several networks saw us. */
  readonly externalAddress?: string;
}
