import type { PeerAddress } from '../ids.js';
import { ExternalAddress } from '../policy/external-address.js';
import type { Rng } from '../policy/rng.js';
import type { IpFamily } from '../protocol/compact.js';
import { decodeDhtMessage } from '../protocol/dht/krpc.js';
import {
  type DhtContact,
  type DhtErrorMessage,
  type DhtItem,
  type DhtQueryMessage,
  type DhtResponseMessage,
  NODE_ID_BYTES,
} from '../protocol/dht/messages.js';
import { isNodeIdFor, nodeIdFor } from '../protocol/dht/node-id.js';
import { Answers } from './answers.js';
import { randomId } from './distance.js';
import type { LookupPurpose } from './lookup.js';
import { Lookups } from './lookups.js';
import { Maintenance } from './maintenance.js';
import type {
  DhtLookup,
  DhtStats,
  FindNodeOptions,
  GetOptions,
  GetPeersOptions,
  PutOptions,
  SampleOptions,
} from './node-types.js';
import { Outbox, type OutgoingPacket } from './outbox.js';
import type { DhtCrypto } from './ports.js';
import { GetPurpose, PutPurpose } from './purpose-items.js';
import { NodesPurpose, SamplePurpose } from './purpose-nodes.js';
import { PeersPurpose } from './purpose-peers.js';
import { Queries } from './queries.js';
import { K, RoutingTable } from './routing-table.js';
import type { Transaction } from './transactions.js';

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

/** Nodes of our table that a lookup begins with: half of them may be dead. */
const SEEDS = 2 * K;

/** A node of the DHT in one address family (BEP 5, 32): packets and time in, packets out by `poll`. */
export class DhtNode {
  readonly #outbox = new Outbox();
  readonly #external = new ExternalAddress();
  readonly #queries: Queries;
  readonly #answers: Answers;
  readonly #lookups: Lookups;
  readonly #maintenance: Maintenance;
  #table: RoutingTable;
  /** When anybody answered last. */
  #answeredMs = Number.NEGATIVE_INFINITY;
  #queriesIn = 0;
  #answersIn = 0;
  #ignored = 0;

  constructor(
    readonly options: DhtNodeOptions,
    nowMs: number,
  ) {
    const { family, rng, crypto, id, version, other, readOnly = false } = options;
    this.#table = this.#tableFor(id?.slice(0, NODE_ID_BYTES) ?? randomId(rng), nowMs);
    const ownId = () => this.id;
    const table = () => this.#table;
    const otherTable = (node: DhtNode | undefined) => (node === undefined ? undefined : node.#table);
    this.#queries = new Queries({ family, rng, ownId, readOnly, version, outbox: this.#outbox });
    const { ask } = this.#queries;
    this.#answers = new Answers(
      {
        ...{ family, rng, crypto, ownId, version },
        table: { closest: (target, count) => this.#table.closest(target, count) },
        other: () => otherTable(other?.()),
      },
      nowMs,
    );
    this.#lookups = new Lookups({
      ...{ family, ask, ownId, fits },
      density: () => this.#table.density,
      ready: () => this.#table.size > 0,
      seeds: target => this.#table.closest(target, SEEDS),
    });
    this.#maintenance = new Maintenance(
      {
        ...{ family, rng, ask, table },
        lookUp: (target, done, now) => {
          const purpose: LookupPurpose = {
            query: { method: 'find_node', target },
            done: ({ answers }, _, at) => done(answers, at),
          };
          this.#lookups.add(target, purpose, now, true);
        },
      },
      nowMs,
    );
  }

  /** Changes when our address becomes known and the id does not fit it (BEP 42). */
  get id(): Uint8Array {
    return this.#table.ownId;
  }

  /** Whatever comes in by the socket. Never throws. */
  handlePacket(packet: Uint8Array, from: PeerAddress, nowMs: number): void {
    const message = decodeDhtMessage(packet);
    switch (message?.type) {
      case 'query':
      case 'refused': {
        this.#queriesIn++;
        if (this.options.readOnly) return;
        const answer = this.#answers.answer(message, from, packet.length, nowMs);
        if (answer !== undefined) this.#outbox.push(from, answer);
        if (message.type === 'query') this.#meet(message, from, nowMs);
        break;
      }
      case 'response':
        this.#handleResponse(message, from, nowMs);
        break;
      case 'error':
        this.#handleError(message, from, nowMs);
        break;
      default:
        this.#ignored++;
    }
  }

  handleTimeout(nowMs: number): void {
    this.#queries.handleTimeout(nowMs, transaction => this.#lost(transaction));
    this.#answers.handleTimeout(nowMs);
    this.#maintenance.advance(nowMs);
    this.#lookups.advance(nowMs);
  }

  /** When `handleTimeout` must be called at the latest; Infinity when nothing waits. */
  nextTimeout(): number {
    return Math.min(
      this.#queries.nextTimeout(),
      this.#answers.nextTimeout(),
      this.#maintenance.nextTimeout(),
      this.#lookups.nextTimeout(),
    );
  }

  /** The next packet to send. */
  poll(): OutgoingPacket | undefined {
    return this.#outbox.take();
  }

  /**
   * Nodes that somebody told of: those of a saved table, of `port` messages, the way in. They are asked before trusted.
   * Addresses without an id are remembered, at most 64, and tried again when nobody answers any longer.
   */
  addNodes(nodes: Iterable<DhtContact | PeerAddress>, nowMs: number): void {
    this.#maintenance.addNodes(nodes, nowMs);
  }

  /** Callbacks of this and the following come in `handlePacket` and `handleTimeout`, never in the call itself. */
  findNode(target: Uint8Array, options: FindNodeOptions, nowMs: number): DhtLookup {
    return this.#lookups.add(target, new NodesPurpose(target, options), nowMs);
  }

  getPeers(infoHash: Uint8Array, options: GetPeersOptions, nowMs: number): DhtLookup {
    return this.#lookups.add(infoHash, new PeersPurpose(infoHash, options, this.#queries.ask), nowMs);
  }

  get(target: Uint8Array, options: GetOptions, nowMs: number): DhtLookup {
    return this.#lookups.add(target, new GetPurpose(target, options, this.options.crypto), nowMs);
  }

  put(item: DhtItem, options: PutOptions, nowMs: number): DhtLookup {
    const purpose = new PutPurpose(item, options, this.#queries.ask, this.options.crypto);
    return this.#lookups.add(purpose.target, purpose, nowMs);
  }

  sample(target: Uint8Array, options: SampleOptions, nowMs: number): DhtLookup {
    return this.#lookups.add(target, new SamplePurpose(target, options), nowMs);
  }

  /** Good nodes of the table, to be saved. */
  contacts(nowMs: number): DhtContact[] {
    return this.#table.good(nowMs).map(({ id, host, port }) => ({ id, host, port }));
  }

  stats(nowMs: number): DhtStats {
    const { peers, items, limited } = this.#answers.counts;
    const { host } = this.#external;
    return {
      family: this.options.family,
      nodes: this.#table.size,
      goodNodes: this.#table.good(nowMs).length,
      lookups: this.#lookups.size,
      transactions: this.#queries.underWay,
      queriesIn: this.#queriesIn,
      queriesOut: this.#queries.sent,
      answersIn: this.#answersIn,
      timeouts: this.#queries.lost,
      dropped: this.#ignored + this.#outbox.dropped + limited,
      storedPeers: peers,
      storedItems: items,
      ...(host !== undefined && { externalAddress: host }),
    };
  }

  /** Entries of everything that could grow, for who looks after memory. */
  get sizes(): Readonly<Record<string, number>> {
    const { answered, refused, limited, ...kept } = this.#answers.counts;
    return {
      ...kept,
      table: this.#table.known,
      prospects: this.#maintenance.known,
      lookups: this.#lookups.size,
      transactions: this.#queries.underWay,
      outbox: this.#outbox.size,
    };
  }

  // --- inside --------------------------------------------------------------------------------------------------

  /** Whoever asks might be a node for the table, unless it says that it is none (BEP 43). */
  #meet({ id, readOnly }: DhtQueryMessage, from: PeerAddress, nowMs: number): void {
    if (readOnly || this.#table.asked(id, from, nowMs)) return;
    const contact = { id, host: from.host, port: from.port };
    if (this.#table.wants(contact, nowMs)) this.#maintenance.consider(contact, nowMs);
  }

  #handleResponse(response: DhtResponseMessage, from: PeerAddress, nowMs: number): void {
    const transaction = this.#queries.take(response.transaction, from, nowMs);
    if (transaction === undefined) {
      this.#ignored++;
      return;
    }
    this.#answersIn++;
    this.#answeredMs = nowMs;
    this.#answers.verified(from, nowMs);
    const { host, port } = from;
    const questionable = this.#table.answered({ id: response.id, host, port }, nowMs);
    if (questionable !== undefined) this.#maintenance.question(questionable, nowMs);
    const seenAs = response.seenAs?.host;
    if (seenAs !== undefined && this.#external.vote(seenAs, host)) this.#renewId(seenAs, nowMs);
    transaction.waiter.answered(response, nowMs);
  }

  #handleError(error: DhtErrorMessage, from: PeerAddress, nowMs: number): void {
    const transaction = this.#queries.take(error.transaction, from, nowMs);
    if (transaction === undefined) this.#ignored++;
    else transaction.waiter.refused(error, nowMs);
  }

  #lost({ contact, sentMs }: Transaction): void {
    if (contact !== undefined) this.#table.failed(contact, this.#answeredMs >= sentMs);
  }

  /** Others only keep us in mind with an id that our address may have (BEP 42). */
  #renewId(host: string, nowMs: number): void {
    if (isNodeIdFor(host, this.id)) return;
    const old = this.#table;
    this.#table = this.#tableFor(nodeIdFor(host, randomId(this.options.rng)), nowMs);
    this.#table.adopt(old);
    this.#maintenance.restart();
  }

  #tableFor(ownId: Uint8Array, nowMs: number): RoutingTable {
    return new RoutingTable({ ownId, fits }, nowMs);
  }
}

function fits(id: Uint8Array, host: string): boolean {
  return isNodeIdFor(host, id);
}
