import { bytesEqual, readU32 } from '../bytes.js';
import type { PeerAddress } from '../ids.js';
import { compactNode } from '../protocol/dht/compact-nodes.js';
import { type DhtContact, NODE_ID_BYTES } from '../protocol/dht/messages.js';
import { Bucket, isGood, QUIET_MS, type TableNode } from './bucket.js';
import { compareDistance, sharedBits } from './distance.js';
import { placeOf } from './place.js';

/** k of BEP 5: nodes in a bucket, and in an answer. */
export const K = 8;

/** Ids have 160 bits; a bucket for each length of what they share with ours. */
const MAX_BUCKETS = 160;

/** Nodes of one /24 or /64 in a bucket and in the table, so that who owns a network does not own the table. */
const MAX_SUBNET_IN_BUCKET = 2;
const MAX_SUBNET_IN_TABLE = 10;

/** A node that fails so often in a row is gone (BEP 5: "multiple queries in a row"). */
const MAX_FAILURES = 2;

export interface RoutingTableOptions {
  readonly ownId: Uint8Array;
  /** The id is one that a node of this address may have (BEP 42). */
  readonly fits: (id: Uint8Array, host: string) => boolean;
  /** Nodes in the bucket of ids that share so many bits with ours. Defaults to k for all. */
  readonly capacity?: (bits: number) => number;
}

/**
 * Nodes that have answered us: many of those that are near, few of those that are far (BEP 5). The bucket of index i has
 * ids that share i bits with ours, the last one also all that share more; it is split when it is full.
 */
export class RoutingTable {
  readonly #options: RoutingTableOptions;
  readonly #capacity: (bits: number) => number;
  readonly #buckets: Bucket[];
  /** All nodes and spares. */
  readonly #places = new Map<string, TableNode>();
  readonly #subnets = new Map<string, number>();

  constructor(options: RoutingTableOptions, nowMs: number) {
    this.#options = options;
    this.#capacity = options.capacity ?? (() => K);
    this.#buckets = [new Bucket(this.#capacity(0), nowMs)];
  }

  get ownId(): Uint8Array {
    return this.#options.ownId;
  }

  get buckets(): readonly Bucket[] {
    return this.#buckets;
  }

  /** Nodes, spares not counted. */
  get size(): number {
    let size = 0;
    for (const { nodes } of this.#buckets) size += nodes.length;
    return size;
  }

  /** Nodes and spares. */
  get known(): number {
    return this.#places.size;
  }

  /** Somebody answered when he was asked last. */
  get usable(): boolean {
    return this.#buckets.some(({ nodes }) => nodes.some(({ failures }) => failures === 0));
  }

  /** Bits that the 8 nodes nearest to us share with our id. */
  get density(): number {
    let near = 0;
    for (let bits = this.#buckets.length - 1; bits > 0; bits--)
      if ((near += this.#buckets[bits].nodes.length) >= K) return bits;
    return 0;
  }

  good(nowMs: number): TableNode[] {
    return this.#buckets.flatMap(({ nodes }) => nodes.filter(node => isGood(node, nowMs)));
  }

  /**
   * The closest first; nodes whose last query failed only if there are no others.
   * Buckets are visited by their distance to the target, so that only as many nodes are looked at as have to be.
   */
  closest(target: Uint8Array, count: number): TableNode[] {
    const found = this.#closest(target, count, 0);
    return found.length > 0 ? found : this.#closest(target, count, MAX_FAILURES);
  }

  /** A known node asked us something. False when it is not known. */
  asked(id: Uint8Array, from: PeerAddress, nowMs: number): boolean {
    const node = this.#bucketOf(id).find(id, readU32(id, 0));
    if (node === undefined || node.port !== from.port || node.host !== from.host) return false;
    if (node.failures === 0) node.seenMs = nowMs;
    return true;
  }

  /** It is not here, and there is room for it, or somebody would have to prove that he is still there. */
  wants({ id, host }: DhtContact, nowMs: number): boolean {
    const bucket = this.#bucketOf(id);
    if (bucket.find(id, readU32(id, 0)) !== undefined || bytesEqual(id, this.ownId)) return false;
    if (!bucket.full || bucket === this.#buckets.at(-1)) return true;
    if (bucket.worst(node => !isGood(node, nowMs)) !== undefined) return true;
    return bucket.worst(node => !node.fits) !== undefined && this.#options.fits(id, host);
  }

  /**
   * A node answered. It comes in when there is room, as a spare when not.
   * @returns a questionable node in its way: when it fails, a spare takes its place
   */
  answered(contact: DhtContact, nowMs: number): TableNode | undefined {
    if (bytesEqual(contact.id, this.ownId)) return undefined;
    const known = this.#bucketOf(contact.id).find(contact.id, readU32(contact.id, 0));
    if (known !== undefined && known.port === contact.port && known.host === contact.host) {
      known.seenMs = nowMs;
      known.failures = 0;
      this.#bucketOf(known.id).changedMs = nowMs;
      return undefined;
    }
    // One id, one address: whoever was there first stays, as long as he answers.
    if (known !== undefined && !this.#giveUp(known, nowMs)) return undefined;
    const place = placeOf(contact);
    if (place === undefined) return undefined;
    const holder = this.#places.get(place.key);
    if (holder !== undefined) {
      if (holder.port === contact.port) {
        this.#remove(holder); // another id at the same port: it is not the node that it was
        return undefined;
      }
      if (!this.#giveUp(holder, nowMs)) return undefined;
    }
    const { host, port } = contact;
    const compact = compactNode(contact); // an address with a zone has none
    const id = compact?.subarray(0, NODE_ID_BYTES) ?? contact.id.slice();
    return this.#insert(
      {
        ...{ id, host, port, place, head: readU32(id, 0), fits: this.#options.fits(id, host) },
        ...{ seenMs: nowMs, failures: 0, ...(compact && { compact }) },
      },
      nowMs,
    );
  }

  /**
   * A node did not answer.
   * @param reachable whether anybody else did since: when we are cut off ourselves, nobody has to go for it
   */
  failed(contact: DhtContact, reachable: boolean): void {
    const node = this.#bucketOf(contact.id).find(contact.id, readU32(contact.id, 0));
    if (node === undefined || node.port !== contact.port || node.host !== contact.host) return;
    if (++node.failures < MAX_FAILURES) return;
    if (reachable) this.#remove(node);
    else node.failures = MAX_FAILURES - 1;
  }

  /** Takes over what another table knows, after our id has changed. */
  adopt(other: RoutingTable): void {
    for (const { nodes, spares } of other.buckets)
      for (const node of [...nodes, ...spares]) this.answered(node, node.seenMs);
  }

  // --- inside --------------------------------------------------------------------------------------------------

  #bucketOf(id: Uint8Array): Bucket {
    return this.#buckets[Math.min(sharedBits(id, this.ownId), this.#buckets.length - 1)];
  }

  #closest(target: Uint8Array, count: number, maxFailures: number): TableNode[] {
    const buckets = this.#buckets;
    const last = buckets.length - 1;
    const same = Math.min(sharedBits(target, this.ownId), last);
    const found: TableNode[] = [];
    // Nodes of the target's own bucket share more bits with it than all others do,
    gather(found, buckets[same].nodes, target, 0, count, maxFailures);
    // those nearer to us than the target is all differ from it in the same bit,
    const start = found.length;
    for (let i = same + 1; i <= last && start < count; i++)
      gather(found, buckets[i].nodes, target, start, count, maxFailures);
    // and each bucket farther from us is farther from it, too.
    for (let i = same - 1; i >= 0 && found.length < count; i--)
      gather(found, buckets[i].nodes, target, found.length, count, maxFailures);
    return found;
  }

  #insert(node: TableNode, nowMs: number): TableNode | undefined {
    const { subnet } = node.place;
    if (subnet !== undefined) {
      if (this.#bucketOf(node.id).inSubnet(subnet) >= MAX_SUBNET_IN_BUCKET) return undefined;
      if ((this.#subnets.get(subnet) ?? 0) >= MAX_SUBNET_IN_TABLE) return undefined;
      this.#subnets.set(subnet, (this.#subnets.get(subnet) ?? 0) + 1);
    }
    this.#places.set(node.place.key, node);
    while (this.#bucketOf(node.id) === this.#buckets.at(-1) && this.#buckets.at(-1)!.full) {
      if (this.#buckets.length >= MAX_BUCKETS) break;
      this.#split();
    }
    const bucket = this.#bucketOf(node.id);
    if (!bucket.full) {
      bucket.nodes.push(node);
      bucket.changedMs = nowMs;
      return undefined;
    }
    const unfit = node.fits ? bucket.worst(other => !other.fits) : undefined;
    if (unfit !== undefined) {
      bucket.nodes[bucket.nodes.indexOf(unfit)] = node;
      bucket.changedMs = nowMs;
    }
    const gone = bucket.spare(unfit ?? node);
    if (gone !== undefined) this.#forget(gone);
    return unfit === undefined ? bucket.worst(other => !isGood(other, nowMs)) : undefined;
  }

  #split(): void {
    const old = this.#buckets.pop()!;
    const bits = this.#buckets.length;
    const [far, near] = [bits, bits + 1].map(at => new Bucket(this.#capacity(at), old.changedMs));
    this.#buckets.push(far, near);
    for (const node of old.nodes) (sharedBits(node.id, this.ownId) > bits ? near : far).nodes.push(node);
    for (const node of old.spares) {
      const bucket = sharedBits(node.id, this.ownId) > bits ? near : far;
      (bucket.full ? bucket.spares : bucket.nodes).push(node);
    }
  }

  /** True when the node was questionable and has gone. */
  #giveUp(node: TableNode, nowMs: number): boolean {
    if (node.failures === 0 && nowMs - node.seenMs < QUIET_MS) return false;
    this.#remove(node);
    return true;
  }

  #remove(node: TableNode): void {
    this.#bucketOf(node.id).remove(node);
    this.#forget(node);
  }

  #forget({ place: { key, subnet } }: TableNode): void {
    this.#places.delete(key);
    if (subnet === undefined) return;
    const left = this.#subnets.get(subnet)! - 1;
    if (left > 0) this.#subnets.set(subnet, left);
    else this.#subnets.delete(subnet);
  }
}

/** Puts nodes into `found`, which is in order from `start` on and holds at most `count`. */
function gather(
  found: TableNode[],
  nodes: readonly TableNode[],
  target: Uint8Array,
  start: number,
  count: number,
  maxFailures: number,
): void {
  const head = readU32(target, 0);
  for (const node of nodes) {
    if (node.failures > maxFailures) continue;
    let at = found.length;
    if (at < count) found.push(node);
    else if (!isCloser(node, found[--at], target, head)) continue;
    // Shifted by hand: `splice` takes longer than all comparisons (bench/dht/queries).
    for (; at > start && isCloser(node, found[at - 1], target, head); at--) found[at] = found[at - 1];
    found[at] = node;
  }
}

/** @param head first 32 bits of the target, which tell nearly always */
function isCloser(a: TableNode, b: TableNode, target: Uint8Array, head: number): boolean {
  const difference = ((a.head ^ head) >>> 0) - ((b.head ^ head) >>> 0);
  return difference === 0 ? compareDistance(target, a.id, b.id) < 0 : difference < 0;
}
