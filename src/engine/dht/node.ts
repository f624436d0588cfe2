import type { PeerAddress } from '../ids.js';
import type { Rng } from '../policy/rng.js';
import type { IpFamily } from '../protocol/compact.js';
import type { DhtContact, DhtItem } from '../protocol/dht/messages.js';
import type {
  DhtLookup,
  DhtStats,
  FindNodeOptions,
  GetOptions,
  GetPeersOptions,
  PutOptions,
  SampleOptions,
} from './node-types.js';
import type { DhtCrypto } from './ports.js';

export interface DhtNodeOptions {
  readonly family: IpFamily;
  /** Ids, transactions and tokens come from it: not to be guessed, in production. */
  readonly rng: Rng;
  readonly crypto: DhtCrypto;
  /** Of an earlier run. Random without it. */
  readonly id?: Uint8Array;
  /** Asks, but answers nobody (BEP 43). Defaults to false. */
  readonly readOnly?: boolean;
  /** The node of the other family (BEP 32). */
  readonly other?: () => DhtNode | undefined;
  /** `v` of our packets, 4 bytes by custom. */
  readonly version?: Uint8Array;
}

/** A node of the DHT in one address family (BEP 5, 32): packets and time in, packets out by `poll`. */
export class DhtNode {
  constructor(
    readonly options: DhtNodeOptions,
    _nowMs: number,
  ) {}

  /** Changes when our address becomes known and the id does not fit it (BEP 42). */
  get id(): Uint8Array {
    throw new Error('to come');
  }

  /** Whatever comes in by the socket. Never throws. */
  handlePacket(_packet: Uint8Array, _from: PeerAddress, _nowMs: number): void {}

  handleTimeout(_nowMs: number): void {}

  /** When `handleTimeout` must be called at the latest; Infinity when nothing waits. */
  nextTimeout(): number {
    return Number.POSITIVE_INFINITY;
  }

  /** The next packet to send. */
  poll(): { readonly to: PeerAddress; readonly packet: Uint8Array } | undefined {
    return undefined;
  }

  /** Nodes somebody told of: the way in, those of a saved table, those of `port` messages. They are asked before trusted. */
  addNodes(_nodes: Iterable<DhtContact | PeerAddress>, _nowMs: number): void {}

  findNode(_target: Uint8Array, _options: FindNodeOptions, _nowMs: number): DhtLookup {
    throw new Error('to come');
  }

  getPeers(_infoHash: Uint8Array, _options: GetPeersOptions, _nowMs: number): DhtLookup {
    throw new Error('to come');
  }

  get(_target: Uint8Array, _options: GetOptions, _nowMs: number): DhtLookup {
    throw new Error('to come');
  }

  put(_item: DhtItem, _options: PutOptions, _nowMs: number): DhtLookup {
    throw new Error('to come');
  }

  sample(_target: Uint8Array, _options: SampleOptions, _nowMs: number): DhtLookup {
    throw new Error('to come');
  }

  /** Good nodes of the table, to be saved. */
  contacts(): DhtContact[] {
    return [];
  }

  stats(_nowMs: number): DhtStats {
    throw new Error('to come');
  }
}
