import { formatAddress, type PeerAddress } from '../ids.js';
import { Backoff } from '../policy/backoff.js';
import type { Rng } from '../policy/rng.js';
import type { IpFamily } from '../protocol/compact.js';
import type { DhtContact, Want } from '../protocol/dht/messages.js';
import { QUIET_MS, type TableNode } from './bucket.js';
import { randomIdSharing } from './distance.js';
import { mayTellOf } from './place.js';
import { Prospects } from './prospects.js';
import type { Ask } from './queries.js';
import { K, type RoutingTable } from './routing-table.js';
import type { Waiter } from './transactions.js';

/** Addresses without id that are remembered as the way in. */
const MAX_WAYS = 64;

/** Waits before the ways in are tried again. */
const RETRY = { firstMs: 5000, maxMs: 5 * 60_000 };

/** Waits between rounds while few nodes are known: who comes to a DHT that has just begun finds others only later. */
const SPARSE = { firstMs: 5000, maxMs: QUIET_MS };

/** How often questionable nodes are looked for at most, and how many are asked then. */
const REVIEW_MS = 60_000;
const MAX_REVIEWED = 16;

export interface MaintenanceOptions {
  readonly family: IpFamily;
  readonly rng: Rng;
  readonly ask: Ask;
  readonly table: () => RoutingTable;
  /** Nodes of the other family are asked for, too, while it knows few. */
  readonly want: () => { readonly want?: Want };
  /** Looks for the nodes closest to the target, with every answer on the way of use to the table. */
  readonly lookUp: (target: Uint8Array, done: (found: number, nowMs: number) => void, nowMs: number) => void;
}

/**
 * Keeps the table alive: gets in, looks for neighbours and then into each bucket that lacks nodes, asks nodes that have
 * been silent, and does all that again every 15 minutes (BEP 5), or as soon as nobody answers any longer.
 */
export class Maintenance {
  readonly #options: MaintenanceOptions;
  readonly #prospects: Prospects;
  readonly #ways = new Map<string, PeerAddress>();
  readonly #backoff: Backoff;
  readonly #sparse: Backoff;
  #retryMs = 0;
  /** Lookups of the round that is under way; the next round begins when there is none and its time has come. */
  #looking = false;
  #roundMs = 0;
  #reviewMs: number;

  constructor(options: MaintenanceOptions, nowMs: number) {
    this.#options = options;
    this.#backoff = new Backoff(RETRY, options.rng);
    this.#sparse = new Backoff(SPARSE, options.rng);
    this.#reviewMs = nowMs + REVIEW_MS;
    // With an answer that is of use, a question costs no more than a ping.
    this.#prospects = new Prospects(options.ask, () => ({
      method: 'find_node',
      target: options.table().ownId,
      ...options.want(),
    }));
  }

  /** Ways in, and nodes that are to be asked or were not there. */
  get known(): number {
    return this.#ways.size + this.#prospects.known;
  }

  /** Somebody else told us of them. */
  addNodes(nodes: Iterable<DhtContact | PeerAddress>, nowMs: number): void {
    for (const node of nodes) {
      const { host, port } = node;
      if (!('id' in node) && this.#ways.size < MAX_WAYS) this.#ways.set(formatAddress(node), { host, port });
      this.#prospects.add(node, 'id' in node ? node : undefined, nowMs, true);
    }
  }

  /** It may come into the table when it answers. */
  consider(contact: DhtContact, nowMs: number): void {
    this.#prospects.add(contact, contact, nowMs);
  }

  /** It may have to leave the table. */
  question(node: TableNode, nowMs: number): void {
    this.#prospects.add(node, node, nowMs);
  }

  /** Everything is looked for anew, now. */
  restart(): void {
    this.#roundMs = 0;
  }

  nextTimeout(): number {
    const table = this.#options.table();
    let next = Math.min(this.#prospects.nextTimeout(), this.#reviewMs);
    if (table.usable) {
      if (!this.#looking) next = Math.min(next, this.#roundMs);
    } else if (this.#ways.size > 0 && this.#prospects.idle) next = Math.min(next, this.#retryMs);
    return next;
  }

  advance(nowMs: number): void {
    this.#prospects.advance(nowMs);
    const { usable } = this.#options.table();
    if (usable && !this.#looking && nowMs >= this.#roundMs) this.#beginRound(nowMs);
    if (!usable && this.#prospects.idle && nowMs >= this.#retryMs) this.#retry(nowMs);
    if (nowMs >= this.#reviewMs) this.#review(nowMs);
  }

  // --- inside --------------------------------------------------------------------------------------------------

  #retry(nowMs: number): void {
    this.#retryMs = nowMs + this.#backoff.next();
    for (const way of this.#ways.values()) this.#prospects.add(way, undefined, nowMs, true);
    for (const { nodes } of this.#options.table().buckets)
      for (const node of nodes) this.#prospects.add(node, node, nowMs, true);
    this.#roundMs = 0;
    this.#prospects.advance(nowMs);
  }

  /** First our neighbours, by which they learn of us, too. */
  #beginRound(nowMs: number): void {
    const { lookUp, table, rng } = this.#options;
    this.#looking = true;
    // Nodes that started together do not stay in step.
    this.#roundMs = nowMs + QUIET_MS * (1 - rng.fraction() / 4);
    lookUp(
      table().ownId,
      (found, now) => {
        if (found > 0) this.#backoff.reset();
        this.#refresh(0, now);
      },
      nowMs,
    );
  }

  /** Then one bucket after the other, from the farthest: most of what is to be found is there. */
  #refresh(from: number, nowMs: number): void {
    const { table, lookUp, rng } = this.#options;
    const { buckets, ownId, size } = table();
    // The last bucket is around our own id.
    for (let bits = from; bits < buckets.length - 1; bits++) {
      const bucket = buckets[bits];
      if (bucket.full && nowMs - bucket.changedMs < QUIET_MS) continue;
      lookUp(randomIdSharing(ownId, bits, rng), (_, now) => this.#refresh(bits + 1, now), nowMs);
      return;
    }
    this.#looking = false;
    if (size >= K) this.#sparse.reset();
    else this.#roundMs = Math.min(this.#roundMs, nowMs + this.#sparse.next());
  }

  /** Asks nodes that were silent for long, for ids of their own bucket. */
  #review(nowMs: number): void {
    const { table, ask, rng } = this.#options;
    const { buckets, ownId } = table();
    let nextMs = nowMs + QUIET_MS;
    let asked = 0;
    for (let bits = 0; bits < buckets.length; bits++)
      for (const node of buckets[bits].nodes) {
        const dueMs = node.failures > 0 ? nowMs : node.seenMs + QUIET_MS;
        if (dueMs > nowMs || asked >= MAX_REVIEWED) {
          nextMs = Math.min(nextMs, dueMs);
          continue;
        }
        asked++;
        const target = randomIdSharing(ownId, Math.min(bits, 159), rng);
        ask(node, node, { method: 'find_node', target }, this.#reviewer(node), nowMs);
      }
    this.#reviewMs = Math.max(nowMs + REVIEW_MS, nextMs);
  }

  /** Nodes that are told are asked themselves if the table wants them. */
  #reviewer(teller: DhtContact): Waiter {
    return {
      answered: ({ answer }, nowMs) => {
        const { table, family } = this.#options;
        for (const contact of (family === 4 ? answer.nodes : answer.nodes6) ?? [])
          if (mayTellOf(teller, contact.host) && table().wants(contact, nowMs)) this.consider(contact, nowMs);
      },
      // Of no more use than who is silent; nodes that are asked each minute for ever would take the turns of others.
      refused: () => this.#options.table().failed(teller, true),
      lost: () => {},
    };
  }
}
