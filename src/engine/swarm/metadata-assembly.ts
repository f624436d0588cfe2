import type { PeerAddress, PeerKey } from '../ids.js';
import { METADATA_PART_BYTES, metadataParts } from '../protocol/peer/metadata.js';

/** A peer as the fetch of an info dictionary sees it. */
export interface MetadataPeer {
  readonly key: PeerKey;
  readonly address: PeerAddress;
  /** It takes requests. */
  able: boolean;
  /** What it says to be the size; the first plausible one counts. */
  bytes: number | undefined;
  assembly: MetadataAssembly | undefined;
  /** Parts asked of it and not here yet, and when. */
  readonly asked: Map<number, number>;
  /** Parts it was asked for in vain so far; they are taken if they come after all. */
  readonly late: Set<number>;
  /** Nothing is asked of it until then; 0 when it may be asked. */
  quietUntilMs: number;
  /** Messages that had no reason. */
  nuisances: number;
}

/** An info dictionary as it comes in, from all who tell of its size, or from one peer alone. */
export class MetadataAssembly {
  readonly members = new Set<MetadataPeer>();
  #parts: (Uint8Array | undefined)[];
  #senders: (MetadataPeer | undefined)[];
  /** Parts that somebody has been asked for. */
  readonly #asked = new Set<number>();
  #missing: number;
  /** It may ask since then. */
  activeSinceMs: number | undefined;

  constructor(
    readonly bytes: number,
    /** Whose parts alone it takes. */
    readonly only?: PeerKey,
  ) {
    this.#missing = metadataParts(bytes);
    this.#parts = [];
    this.#senders = [];
  }

  get complete(): boolean {
    return this.#missing === 0;
  }

  /** Everybody who sent a part of it. */
  get senders(): Set<MetadataPeer> {
    return new Set(this.#senders.filter(sender => sender !== undefined));
  }

  /** Somebody could be asked now, or has been. */
  get lively(): boolean {
    for (const { able, quietUntilMs, asked } of this.members)
      if (able && (quietUntilMs === 0 || asked.size > 0)) return true;
    return false;
  }

  has(part: number): boolean {
    return this.#parts[part] !== undefined;
  }

  /** The first part that is neither here nor asked for, -1 when there is none. */
  next(): number {
    const count = metadataParts(this.bytes);
    for (let part = 0; part < count; part++) if (!this.has(part) && !this.#asked.has(part)) return part;
    return -1;
  }

  ask(peer: MetadataPeer, part: number, nowMs: number): void {
    this.#asked.add(part);
    peer.late.delete(part);
    peer.asked.set(part, nowMs);
  }

  /** The peer is no longer expected to send the part: somebody else may be asked. */
  giveUp(peer: MetadataPeer, part: number): void {
    if (peer.asked.delete(part)) this.#asked.delete(part);
  }

  /** Others are asked before it from now on. */
  defer(peer: MetadataPeer): void {
    if (this.members.delete(peer)) this.members.add(peer);
  }

  put(peer: MetadataPeer, part: number, bytes: Uint8Array): void {
    this.giveUp(peer, part);
    peer.late.delete(part);
    if (this.has(part)) return;
    this.#parts[part] = bytes;
    this.#senders[part] = peer;
    this.#missing--;
  }

  /** The whole of it; memory for it is taken when everything is here, never before. */
  join(): Uint8Array {
    const whole = new Uint8Array(this.bytes);
    for (const [part, bytes] of this.#parts.entries()) whole.set(bytes!, part * METADATA_PART_BYTES);
    return whole;
  }

  /** Who sent which bytes. */
  *sent(): Generator<{ readonly part: number; readonly peer: MetadataPeer; readonly bytes: Uint8Array }> {
    for (const [part, bytes] of this.#parts.entries())
      if (bytes !== undefined) yield { part, peer: this.#senders[part]!, bytes };
  }

  leave(peer: MetadataPeer): void {
    for (const part of [...peer.asked.keys()]) this.giveUp(peer, part);
    peer.late.clear();
    peer.assembly = undefined;
    this.members.delete(peer);
  }

  /** Begins anew, with the members that it has. */
  reset(): void {
    for (const peer of this.members) {
      for (const part of [...peer.asked.keys()]) {
        this.giveUp(peer, part);
        peer.late.add(part);
      }
    }
    this.#parts = [];
    this.#senders = [];
    this.#missing = metadataParts(this.bytes);
    this.activeSinceMs = undefined;
  }
}
