import { bytesEqual } from '../bytes.js';
import type { DhtContact } from '../protocol/dht/messages.js';
import type { Place } from './place.js';

/** Without a sign for so long a node is questionable, and so is a bucket that nothing happened in (BEP 5). */
export const QUIET_MS = 15 * 60_000;

/** Nodes that answered while their bucket was full: as many as in an ordinary bucket. */
const MAX_SPARES = 8;

/** A node that has answered us. */
export interface TableNode extends DhtContact {
  readonly place: Place;
  /** First 32 bits of the id, which tell most ids apart. */
  readonly head: number;
  /** Its id is one that its address may have (BEP 42). */
  readonly fits: boolean;
  /** When it answered, or asked, last. */
  seenMs: number;
  /** Queries in a row that it did not answer. */
  failures: number;
}

export function isGood(node: TableNode, nowMs: number): boolean {
  return node.failures === 0 && nowMs - node.seenMs < QUIET_MS;
}

/** Nodes whose ids begin alike. */
export class Bucket {
  readonly nodes: TableNode[] = [];
  /** They take the place of nodes that fail; the one seen last is at the end. */
  readonly spares: TableNode[] = [];

  constructor(
    readonly capacity: number,
    /** When a node came, or one of them answered. */
    public changedMs: number,
  ) {}

  get full(): boolean {
    return this.nodes.length >= this.capacity;
  }

  find(id: Uint8Array, head: number): TableNode | undefined {
    const same = (node: TableNode) => node.head === head && bytesEqual(node.id, id);
    return this.nodes.find(same) ?? this.spares.find(same);
  }

  inSubnet(subnet: string): number {
    let count = 0;
    for (const { place } of this.nodes) if (place.subnet === subnet) count++;
    for (const { place } of this.spares) if (place.subnet === subnet) count++;
    return count;
  }

  /** The one to ask, or to give up, first: of those that fail, or else of all, the one silent for longest. */
  worst(among: (node: TableNode) => boolean): TableNode | undefined {
    let worst: TableNode | undefined;
    for (const node of this.nodes)
      if (
        among(node) &&
        (worst === undefined ||
          node.failures > worst.failures ||
          (node.failures === worst.failures && node.seenMs < worst.seenMs))
      )
        worst = node;
    return worst;
  }

  /** It answered. */
  touch(node: TableNode, nowMs: number): void {
    node.seenMs = this.changedMs = nowMs;
    node.failures = 0;
    const at = this.spares.indexOf(node);
    if (at >= 0) this.spares.push(...this.spares.splice(at, 1));
  }

  /** @returns the spare that has to go for it */
  spare(node: TableNode): TableNode | undefined {
    this.spares.push(node);
    return this.spares.length > MAX_SPARES ? this.spares.shift() : undefined;
  }

  /** Out of the bucket; a spare takes its place. */
  remove(node: TableNode): void {
    const at = this.nodes.indexOf(node);
    if (at < 0) {
      const spare = this.spares.indexOf(node);
      if (spare >= 0) this.spares.splice(spare, 1);
      return;
    }
    this.nodes.splice(at, 1);
    const next = this.spares.pop();
    if (next !== undefined) this.nodes.push(next);
  }
}
