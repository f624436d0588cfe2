import type { PeerAddress } from '../../ids.js';

/** Bytes of a node id and of what is looked up: info-hashes and targets share one space (BEP 5). */
export const NODE_ID_BYTES = 20;

/** A node and where it answers. */
export interface DhtContact extends PeerAddress {
  readonly id: Uint8Array;
  /** As it stands in packets, if whoever tells of it often has that at hand. */
  readonly compact?: Uint8Array;
}

/** Families whose nodes are asked for; without it those of the packet's own family (BEP 32). */
export interface Want {
  readonly v4: boolean;
  readonly v6: boolean;
}

/** What a query asks for. All byte strings are views of the packet when it was read from one. */
export type DhtQuery =
  | { readonly method: 'ping' }
  | { readonly method: 'find_node'; readonly target: Uint8Array; readonly want?: Want }
  | {
      readonly method: 'get_peers';
      readonly infoHash: Uint8Array;
      readonly want?: Want;
      /** Seeds are of no use to who asks (BEP 33). */
      readonly noSeed?: boolean;
      /** Asks for the two filters besides peers (BEP 33). */
      readonly scrape?: boolean;
    }
  | {
      readonly method: 'announce_peer';
      readonly infoHash: Uint8Array;
      readonly port: number;
      /** The packet's source port counts, not `port`. */
      readonly impliedPort?: boolean;
      readonly token: Uint8Array;
      /** Has everything (BEP 33). */
      readonly seed?: boolean;
    }
  /** BEP 44. Values no newer than `seq` need not be sent. */
  | { readonly method: 'get'; readonly target: Uint8Array; readonly seq?: number; readonly want?: Want }
  | { readonly method: 'put'; readonly token: Uint8Array; readonly item: DhtItem; readonly cas?: number }
  /** BEP 51. */
  | { readonly method: 'sample_infohashes'; readonly target: Uint8Array; readonly want?: Want };

/** A value of the DHT (BEP 44): immutable, or mutable when it has a key. */
export interface DhtItem {
  /** The bencoded value, at most 1000 bytes. */
  readonly value: Uint8Array;
  readonly mutable?: {
    /** Ed25519, 32 bytes. */
    readonly key: Uint8Array;
    /** At most 64 bytes. */
    readonly salt?: Uint8Array;
    readonly seq: number;
    /** 64 bytes. */
    readonly signature: Uint8Array;
  };
}

/** Whatever a response tells; which of it depends on the query. */
export interface DhtAnswer {
  /** Of IPv4. */
  readonly nodes?: readonly DhtContact[];
  readonly nodes6?: readonly DhtContact[];
  readonly token?: Uint8Array;
  readonly peers?: readonly PeerAddress[];
  /** Bloom filters of 256 bytes over addresses of seeds and downloaders (BEP 33). */
  readonly seeds?: Uint8Array;
  readonly downloaders?: Uint8Array;
  /** BEP 44. Without a salt, as the asker knows it. */
  readonly item?: DhtItem;
  /** The sequence number alone, when the asker's is as new. */
  readonly seq?: number;
  /** BEP 51: info-hashes, seconds until there are others, and how many are stored. */
  readonly samples?: readonly Uint8Array[];
  readonly interval?: number;
  readonly stored?: number;
}

interface Envelope {
  /** Chosen by who asks, 1 to 16 bytes; comes back as it was. */
  readonly transaction: Uint8Array;
  /** `v`: client and version, 4 bytes by custom. */
  readonly version?: Uint8Array;
}

export interface DhtQueryMessage extends Envelope {
  readonly type: 'query';
  readonly id: Uint8Array;
  /** Never to be taken into a table (BEP 43). */
  readonly readOnly?: boolean;
  readonly query: DhtQuery;
}

export interface DhtResponseMessage extends Envelope {
  readonly type: 'response';
  readonly id: Uint8Array;
  readonly answer: DhtAnswer;
  /** Where the packet of the asker came from (BEP 42). */
  readonly seenAs?: PeerAddress;
}

export interface DhtErrorMessage extends Envelope {
  readonly type: 'error';
  /** 201 generic, 202 server, 203 protocol, 204 method unknown (BEP 5); 205 to 207, 301, 302 (BEP 44). */
  readonly code: number;
  readonly text: string;
  readonly seenAs?: PeerAddress;
}

export type DhtMessage = DhtQueryMessage | DhtResponseMessage | DhtErrorMessage;
