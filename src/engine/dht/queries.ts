import type { PeerAddress } from '../ids.js';
import type { Rng } from '../policy/rng.js';
import type { IpFamily } from '../protocol/compact.js';
import { encodeDhtMessage } from '../protocol/dht/krpc.js';
import type { DhtContact, DhtQuery } from '../protocol/dht/messages.js';
import type { Outbox } from './outbox.js';
import { padPacket } from './padding.js';
import { type Transaction, Transactions, type Waiter } from './transactions.js';

/** Half of an answer: with 8 nodes, a token and our address; with filters besides (BEP 33); with an item (BEP 44). */
const LEAST_BYTES = { 4: 168, 6: 224 } as const;
const LEAST_SCRAPE_BYTES = 440;
const LEAST_GET_BYTES = 700;

/** Sends a query. Whoever cannot, because too much is under way, gives false; the waiter is not told anything then. */
export type Ask = (
  to: PeerAddress,
  contact: DhtContact | undefined,
  query: DhtQuery,
  waiter: Waiter,
  nowMs: number,
) => boolean;

export interface QueriesOptions {
  readonly family: IpFamily;
  readonly rng: Rng;
  readonly ownId: () => Uint8Array;
  readonly readOnly: boolean;
  readonly version: Uint8Array | undefined;
  readonly outbox: Outbox;
}

/** Queries of ours, from the packet to its answer or the end of waiting. */
export class Queries {
  readonly #options: QueriesOptions;
  readonly #transactions: Transactions;
  #sent = 0;
  #lost = 0;

  constructor(options: QueriesOptions) {
    this.#options = options;
    this.#transactions = new Transactions(options.rng);
  }

  get sent(): number {
    return this.#sent;
  }

  /** Those without an answer. */
  get lost(): number {
    return this.#lost;
  }

  get underWay(): number {
    return this.#transactions.size;
  }

  readonly ask: Ask = (to, contact, query, waiter, nowMs) => {
    const { family, ownId, readOnly, version, outbox } = this.#options;
    if (this.#transactions.full || outbox.full) return false;
    const transaction = this.#transactions.open({ to, contact, waiter, sentMs: nowMs });
    const packet = encodeDhtMessage({
      ...{ type: 'query', transaction, id: ownId(), query },
      ...(readOnly && { readOnly }),
      ...(version && { version }),
    });
    outbox.push(to, padPacket(packet, leastBytes(query, family)));
    this.#sent++;
    return true;
  };

  /** What an answer is for; undefined when nothing was asked there. */
  take(id: Uint8Array, from: PeerAddress, nowMs: number): Transaction | undefined {
    return this.#transactions.take(id, from, nowMs);
  }

  nextTimeout(): number {
    return this.#transactions.nextTimeout();
  }

  /** @param onLost is told before the waiter */
  handleTimeout(nowMs: number, onLost: (transaction: Transaction) => void): void {
    let transaction = this.#transactions.takeSlow(nowMs);
    for (; transaction !== undefined; transaction = this.#transactions.takeSlow(nowMs))
      transaction.waiter.slow?.(nowMs);
    transaction = this.#transactions.takeLost(nowMs);
    for (; transaction !== undefined; transaction = this.#transactions.takeLost(nowMs)) {
      this.#lost++;
      onLost(transaction);
      transaction.waiter.lost(nowMs);
    }
  }
}

/** Length of a query that an answer in full is no more than twice of. */
function leastBytes(query: DhtQuery, family: IpFamily): number {
  if ('want' in query && query.want?.v4 && query.want.v6) return LEAST_BYTES[4] + LEAST_BYTES[6];
  switch (query.method) {
    case 'find_node':
    case 'sample_infohashes':
      return LEAST_BYTES[family];
    case 'get_peers':
      return query.scrape ? LEAST_SCRAPE_BYTES : LEAST_BYTES[family];
    case 'get':
      return LEAST_GET_BYTES;
    default:
      return 0;
  }
}
