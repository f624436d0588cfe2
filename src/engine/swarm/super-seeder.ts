import type { PeerKey } from '../ids.js';
import type { Picker } from '../policy/picker.js';
import { hasBit } from '../policy/picker-bits.js';
import { SuperSeeding } from '../policy/super-seeding.js';
import type { PeerCore } from './peer-core.js';

/** `auto`: while we are the only source of some piece, as far as we know, and several peers lack it. */
export type SuperSeedMode = 'auto' | boolean;

/** A peer that could ask for what it was told of, and does not, gets others after so long. */
const IDLE_MS = 5_000;

/** With so many pieces that came from elsewhere there is another source. One may have left since. */
const MAX_FOREIGN = 4;

/** Another source that was seen is thought to be there for so long. */
const OTHER_SOURCE_MS = 10 * 60_000;

/** Super-seeding among the neighbours of one torrent: when it begins and ends, who is told of which piece when. */
export class SuperSeeder {
  #policy: SuperSeeding | undefined;
  /** Peers that may be told of more. */
  readonly #short = new Set<PeerKey>();
  /** When a peer was last seen to ask, or had nothing to ask for. */
  readonly #activeMs = new Map<PeerKey, number>();
  #otherSourceUntilMs = Number.NEGATIVE_INFINITY;
  #nowMs = 0;

  constructor(
    readonly mode: SuperSeedMode,
    readonly picker: Picker,
    readonly memory: Uint8Array,
    readonly peers: ReadonlyMap<PeerKey, PeerCore>,
    /** The peer now knows all that we have. */
    readonly onTold: (peer: PeerCore) => void,
  ) {}

  get active(): boolean {
    return this.#policy !== undefined;
  }

  /**
   * A peer comes. @returns true when it is not to be told what we have, but for the pieces that `settle` tells it, nor
   * that we want nothing: libtorrent leaves a peer that has nothing for it and wants nothing.
   */
  takes({ key }: PeerCore, nowMs: number): boolean {
    if (this.mode === false || !this.picker.complete) return false;
    if (this.mode === 'auto' && nowMs < this.#otherSourceUntilMs) return false;
    if (this.#policy === undefined && this.picker.copies() >= 2) return false; // all of it is at neighbours
    this.#policy ??= this.#createPolicy();
    this.#activeMs.set(key, nowMs);
    // One that is alone wants pieces in the order of its choice, and has nobody to share them with.
    const hides = this.mode === true || this.peers.size > 1;
    if (hides) this.#policy.join(key);
    else this.#policy.knowsAll(key);
    this.#short.add(key);
    return hides;
  }

  /** The peer is not to know that we have everything. */
  hidesFrom({ key }: PeerCore): boolean {
    return this.#policy?.hidesFrom(key) === true;
  }

  /** The peer's pieces are no longer counted. */
  left({ key }: PeerCore): void {
    if (this.#policy === undefined) return;
    this.#short.delete(key);
    this.#activeMs.delete(key);
    this.#policy.leave(key);
    this.changed();
  }

  /** The peer told of many pieces at once. */
  greeted(peer: PeerCore, nowMs: number): void {
    if (peer.seed) this.#sawOtherSource(nowMs);
    this.#policy?.recount();
    this.changed();
  }

  asked({ key }: PeerCore, piece: number): void {
    this.#policy?.asked(key, piece);
  }

  seen(peer: PeerCore, piece: number, nowMs: number): void {
    if (this.#policy === undefined) return;
    const owner = this.#policy.seen(peer.key, piece);
    if (owner !== undefined) this.#short.add(owner);
    // Another that super-seeds shows its pieces one by one, and all at once when it finds out that we want none.
    const source = peer.seed && peer.up.total === 0;
    if (source || this.#policy.foreign >= MAX_FOREIGN) this.#sawOtherSource(nowMs);
  }

  sent({ key }: PeerCore, piece: number, bytes: number, nowMs: number): void {
    if (this.#policy === undefined) return;
    this.#nowMs = nowMs;
    if (this.#activeMs.has(key)) this.#activeMs.set(key, nowMs);
    if (this.#policy.sent(key, piece, bytes, nowMs)) this.#tell(key);
  }

  /** Peers were choked or unchoked, became interested or lost interest. */
  changed(): void {
    for (const key of this.#activeMs.keys()) this.#short.add(key);
  }

  settle(nowMs: number): void {
    this.#nowMs = nowMs;
    if (this.#policy === undefined) return;
    if (this.#policy.done || !this.picker.complete) this.#end();
    for (const key of this.#short) this.#tell(key);
    this.#short.clear();
  }

  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    if (this.#policy === undefined) return;
    this.#policy.expire(nowMs);
    for (const key of this.#activeMs.keys()) this.#watch(this.peers.get(key)!, this.#policy, nowMs);
    this.changed();
  }

  /** Who does not want what it was told of is told of everything; who wants it and does not ask is told of other pieces. */
  #watch(peer: PeerCore, policy: SuperSeeding, nowMs: number): void {
    const { key, peerInterested } = peer;
    const waits = isServed(peer) ? peer.uploads.length > 0 || !policy.isBusy(key) : peerInterested;
    const idle = !waits && nowMs - this.#activeMs.get(key)! >= IDLE_MS;
    if (waits || idle) this.#activeMs.set(key, nowMs);
    if (idle) policy.giveUp(key);
    const alone = this.mode === 'auto' && this.peers.size === 1;
    if (alone || (idle && !peerInterested)) this.#tellAll(peer, policy);
  }

  #sawOtherSource(nowMs: number): void {
    this.#otherSourceUntilMs = nowMs + OTHER_SOURCE_MS;
    if (this.mode === 'auto' && this.#policy !== undefined) this.#end();
  }

  #end(): void {
    const policy = this.#policy!;
    for (const key of this.#activeMs.keys()) this.#tellAll(this.peers.get(key)!, policy);
    this.#policy = undefined;
    this.#activeMs.clear();
    this.#short.clear();
  }

  #tell(key: PeerKey): void {
    const peer = this.peers.get(key);
    if (peer === undefined || peer.seed) return;
    for (const piece of this.#policy?.next(key) ?? []) peer.send({ type: 'have', piece });
  }

  /** Nothing that it lacks is kept from the peer any more. */
  #tellAll(peer: PeerCore, policy: SuperSeeding): void {
    const { picker, memory } = this;
    if (!policy.hidesFrom(peer.key)) return;
    for (let piece = 0; piece < picker.pieceCount; piece++) {
      const lacks = picker.has(piece) && !hasBit(memory, peer.bitsAt, piece);
      if (lacks && !policy.isTold(peer.key, piece)) peer.send({ type: 'have', piece });
    }
    policy.knowsAll(peer.key);
    this.onTold(peer);
  }

  #createPolicy(): SuperSeeding {
    const { picker, memory, peers } = this;
    const peer = (key: PeerKey) => peers.get(key)!;
    return new SuperSeeding({
      pieceCount: picker.pieceCount,
      pieceBytes: piece => picker.pieceBytes(piece),
      holders: piece => picker.availability(piece),
      has: (key, piece) => hasBit(memory, peer(key).bitsAt, piece),
      served: key => isServed(peer(key)),
      rate: key => peer(key).up.rate(this.#nowMs),
    });
  }
}

function isServed({ peerInterested, amChoking }: PeerCore): boolean {
  return peerInterested && !amChoking;
}
