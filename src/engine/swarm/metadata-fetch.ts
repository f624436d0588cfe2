import { toHex } from '../bytes.js';
import { MillraceError } from '../errors.js';
import type { InfoHash, PeerAddress, PeerKey } from '../ids.js';
import { decodeMetadataMessage, type MetadataData, type MetadataMessage } from '../protocol/peer/metadata.js';
import { MAX_METADATA_NUISANCES, METADATA_PART_TIMEOUT_MS, METADATA_QUIET_MS } from './limits.js';
import { MetadataAssembly, type MetadataPeer } from './metadata-assembly.js';
import { MetadataEvidence } from './metadata-evidence.js';
import { MetadataQueue } from './metadata-queue.js';

export interface MetadataFetchOptions {
  readonly infoHash: InfoHash;
  /** A peer that tells of a larger info dictionary is not asked for it. */
  readonly maxBytes: number;
  readonly sha1: (bytes: Uint8Array) => Uint8Array;
}

/** What the fetch wants done. */
export type MetadataAction =
  | { readonly type: 'send'; readonly peer: PeerKey; readonly message: MetadataMessage }
  /** The peer, which may have left since, sent bad data. */
  | { readonly type: 'ban'; readonly peer: PeerKey; readonly address: PeerAddress; readonly reason: string }
  /** The info dictionary, with the right hash. Nothing comes after it. */
  | { readonly type: 'done'; readonly bytes: Uint8Array };

/** Requests under way at one peer: 64 KiB, a tenth of a second at 5 Mbit/s. */
const MAX_ASKED = 4;

/**
 * Gets an info dictionary from peers (BEP 9), of which nothing is known but its hash. Peers that tell of the same size
 * fill one assembly together, each part asked of one of them at a time. When the hash of the whole is wrong and several
 * had sent parts, each of them has to send all of it: so a liar is found, and the honest are not kept waiting by it.
 */
export class MetadataFetch {
  readonly #peers = new Map<PeerKey, MetadataPeer>();
  readonly #queue = new MetadataQueue();
  readonly #evidence: MetadataEvidence;
  /** Sizes of which an assembly of several peers was bad: they are fetched from one peer each. */
  readonly #apart = new Set<number>();
  readonly #actions: MetadataAction[] = [];
  #done = false;

  constructor(readonly options: MetadataFetchOptions) {
    this.#evidence = new MetadataEvidence(options.sha1);
  }

  poll(): MetadataAction | undefined {
    return this.#actions.shift();
  }

  /** When `handleTimeout` must be called at the latest. */
  nextTimeout(): number {
    let next = this.#done ? Number.POSITIVE_INFINITY : this.#queue.nextTimeout();
    for (const { asked, quietUntilMs } of this.#peers.values()) {
      if (this.#done) break;
      if (quietUntilMs > 0) next = Math.min(next, quietUntilMs);
      for (const askedAtMs of asked.values()) next = Math.min(next, askedAtMs + METADATA_PART_TIMEOUT_MS);
    }
    return next;
  }

  addPeer(key: PeerKey, address: PeerAddress): void {
    this.#peers.set(key, {
      ...{ key, address, able: false, bytes: undefined, assembly: undefined },
      ...{ asked: new Map(), late: new Set(), quietUntilMs: 0, nuisances: 0 },
    });
  }

  removePeer(key: PeerKey, nowMs: number): void {
    const peer = this.#peers.get(key);
    if (peer === undefined) return;
    this.#peers.delete(key);
    peer.assembly?.leave(peer);
    this.#fill(nowMs);
  }

  /** The peer has sent parts, or can still be expected to. */
  isOfUse(key: PeerKey): boolean {
    const { able = false, assembly, quietUntilMs = 0 } = this.#peers.get(key) ?? {};
    if (assembly === undefined) return false;
    return (able && quietUntilMs === 0) || assembly.senders.has(this.#peers.get(key)!);
  }

  /** The peer takes requests, or no longer, and says how large the info dictionary is. It may say so later, but once. */
  handleHandshake(key: PeerKey, able: boolean, bytes: number | undefined, nowMs: number): void {
    const peer = this.#peers.get(key);
    if (peer === undefined || this.#done) return;
    peer.able = able;
    if (bytes !== undefined && bytes <= this.options.maxBytes) peer.bytes ??= bytes;
    this.#enlist(peer);
    this.#fill(nowMs);
  }

  /** @throws MillraceError ERR_WIRE_MESSAGE when the peer breaks the protocol; it is to be closed then */
  handleMessage(key: PeerKey, payload: Uint8Array, nowMs: number): void {
    const message = decodeMetadataMessage(payload);
    const peer = this.#peers.get(key);
    if (peer === undefined || message === undefined || this.#done) return;
    const { part } = message;
    if (message.type === 'request') {
      this.#annoyed(peer);
      if (peer.able) this.#actions.push({ type: 'send', peer: key, message: { type: 'reject', part } });
    } else if (!peer.asked.has(part) && !peer.late.has(part)) this.#annoyed(peer);
    else if (message.type === 'data') this.#take(peer, message);
    else this.#rest(peer, part, nowMs);
    this.#fill(nowMs);
  }

  handleTimeout(nowMs: number): void {
    if (this.#done) return;
    for (const peer of this.#peers.values()) {
      if (peer.quietUntilMs <= nowMs) peer.quietUntilMs = 0;
      for (const [part, askedAtMs] of [...peer.asked]) {
        if (nowMs < askedAtMs + METADATA_PART_TIMEOUT_MS) continue;
        this.#rest(peer, part, nowMs);
        peer.late.add(part);
      }
    }
    this.#fill(nowMs);
  }

  // --- inside --------------------------------------------------------------------------------------------------

  #annoyed(peer: MetadataPeer): void {
    if (++peer.nuisances <= MAX_METADATA_NUISANCES) return;
    throw new MillraceError('ERR_WIRE_MESSAGE', 'metadata messages that nobody waits for', {
      limit: MAX_METADATA_NUISANCES,
    });
  }

  /** The peer did not send the part: others are asked, and it has a while to itself. */
  #rest(peer: MetadataPeer, part: number, nowMs: number): void {
    peer.assembly?.giveUp(peer, part);
    peer.assembly?.defer(peer);
    peer.late.delete(part);
    peer.quietUntilMs = nowMs + METADATA_QUIET_MS;
  }

  #take(peer: MetadataPeer, message: MetadataData): void {
    const assembly = peer.assembly!;
    const { part, totalBytes, bytes } = message;
    if (totalBytes !== assembly.bytes)
      throw new MillraceError('ERR_WIRE_MESSAGE', 'the peer tells of two sizes of the metadata', {
        totalBytes,
        told: assembly.bytes,
      });
    if (peer.late.has(part)) peer.quietUntilMs = 0;
    assembly.put(peer, part, bytes);
    if (assembly.complete) this.#settle(assembly);
  }

  #settle(assembly: MetadataAssembly): void {
    const whole = assembly.join();
    if (toHex(this.options.sha1(whole)) === this.options.infoHash) {
      for (const peer of this.#evidence.against(whole))
        this.#ban(peer, 'a part of the metadata that it sent was bad');
      this.#done = true;
      this.#actions.push({ type: 'done', bytes: whole });
      return;
    }
    const senders = assembly.senders;
    this.#queue.delete(assembly);
    if (senders.size === 1) {
      const [sender] = senders;
      this.#peers.delete(sender.key); // nothing more is asked of it
      assembly.leave(sender);
      this.#ban(sender, 'it alone sent the metadata, which is bad');
    } else {
      this.#evidence.keep(assembly);
      this.#apart.add(assembly.bytes);
    }
    for (const member of [...assembly.members]) {
      assembly.leave(member);
      this.#enlist(member);
    }
  }

  #enlist(peer: MetadataPeer): void {
    if (peer.bytes === undefined || peer.assembly !== undefined) return;
    const only = this.#apart.has(peer.bytes) ? peer.key : undefined;
    const assembly = this.#queue.find(peer.bytes, only) ?? new MetadataAssembly(peer.bytes, only);
    assembly.members.add(peer);
    peer.assembly = assembly;
    this.#queue.add(assembly);
  }

  /** Asks whoever may be asked for what is missing, one part each in turn. */
  #fill(nowMs: number): void {
    if (this.#done) return;
    for (const assembly of this.#queue.active(nowMs))
      for (let asked = true; asked; ) {
        asked = false;
        for (const peer of assembly.members) {
          if (!peer.able || peer.quietUntilMs > 0 || peer.asked.size >= MAX_ASKED) continue;
          const part = assembly.next();
          if (part < 0) break;
          assembly.ask(peer, part, nowMs);
          this.#actions.push({ type: 'send', peer: peer.key, message: { type: 'request', part } });
          asked = true;
        }
      }
  }

  #ban({ key, address }: MetadataPeer, reason: string): void {
    this.#actions.push({ type: 'ban', peer: key, address, reason });
  }
}
