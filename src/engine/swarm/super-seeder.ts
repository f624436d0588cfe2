import type { PeerKey } from '../ids.js';
import type { Picker } from '../policy/picker.js';
import { hasBit } from '../policy/picker-bits.js';
import { SuperSeeding } from '../policy/super-seeding.js';
import type { PeerCore } from './peer-core.js';

/** `auto`: while we are the only source of some piece, as far as we know. */
export type SuperSeedMode = 'auto' | boolean;

/** A peer that knows of pieces it lacks and asks for none gets others after so long. */
const IDLE_MS = 5_000;

/** Super-seeding among the neighbours of one torrent: who is told of which piece when. */
export class SuperSeeder {
  readonly #policy: SuperSeeding;
  /** Peers that may be told of more. */
  readonly #short = new Set<PeerKey>();
  /** When a peer was last seen to ask, or had nothing to ask for. */
  readonly #activeMs = new Map<PeerKey, number>();
  #nowMs = 0;

  constructor(
    readonly picker: Picker,
    memory: Uint8Array,
    readonly peers: ReadonlyMap<PeerKey, PeerCore>,
  ) {
    const peer = (key: PeerKey) => peers.get(key)!;
    this.#policy = new SuperSeeding({
      pieceCount: picker.pieceCount,
      pieceBytes: piece => picker.pieceBytes(piece),
      holders: piece => picker.availability(piece),
      has: (key, piece) => hasBit(memory, peer(key).bitsAt, piece),
      served: key => isServed(peer(key)),
      rate: key => peer(key).up.rate(this.#nowMs),
    });
  }

  get done(): boolean {
    return this.#policy.done;
  }

  hide({ key }: PeerCore, nowMs: number): void {
    this.#policy.join(key);
    this.#activeMs.set(key, nowMs);
    this.#short.add(key);
  }

  /** The peer's pieces are no longer counted. */
  left({ key }: PeerCore): void {
    this.#forget(key);
    this.#policy.recount();
    this.#wakeAll();
  }

  /** The peer told of many pieces at once. */
  greeted(): void {
    this.#policy.recount();
    this.#wakeAll();
  }

  seen({ key }: PeerCore, piece: number): void {
    const owner = this.#policy.seen(key, piece);
    if (owner !== undefined) this.#short.add(owner);
  }

  sent({ key }: PeerCore, piece: number, bytes: number, nowMs: number): void {
    this.#nowMs = nowMs;
    this.#activeMs.set(key, nowMs);
    if (this.#policy.sent(key, piece, bytes, nowMs)) this.#tell(key);
  }

  /** Peers were choked or unchoked, became interested or lost interest. */
  changed(): void {
    this.#wakeAll();
  }

  settle(nowMs: number): void {
    this.#nowMs = nowMs;
    for (const key of this.#short) this.#tell(key);
    this.#short.clear();
  }

  tick(nowMs: number): void {
    this.#policy.expire(nowMs);
    for (const key of [...this.#policy.peers]) this.#watch(this.peers.get(key)!, nowMs);
    this.#wakeAll();
  }

  end(): void {
    for (const key of [...this.#policy.peers]) this.#tellAll(this.peers.get(key)!);
  }

  /** Who does not want what it was told of is told of everything; who wants it and does not ask is told of something else. */
  #watch(peer: PeerCore, nowMs: number): void {
    const { key } = peer;
    const waits = !isServed(peer)
      ? peer.peerInterested
      : peer.uploads.length > 0 || !this.#policy.isBusy(key);
    if (waits) this.#activeMs.set(key, nowMs);
    if (nowMs - this.#activeMs.get(key)! < IDLE_MS) return;
    this.#activeMs.set(key, nowMs);
    if (peer.peerInterested) this.#policy.giveUp(key);
    else this.#tellAll(peer);
  }

  #tell(key: PeerKey): void {
    const peer = this.peers.get(key);
    if (peer === undefined || peer.seed) return;
    for (const piece of this.#policy.next(key)) peer.send({ type: 'have', piece });
  }

  /** Nothing is kept from the peer any more. */
  #tellAll(peer: PeerCore): void {
    for (let piece = 0; piece < this.picker.pieceCount && !peer.seed; piece++)
      if (!this.#policy.isTold(peer.key, piece)) peer.send({ type: 'have', piece });
    this.#forget(peer.key);
  }

  #forget(key: PeerKey): void {
    this.#short.delete(key);
    this.#activeMs.delete(key);
    this.#policy.leave(key);
  }

  #wakeAll(): void {
    for (const key of this.#policy.peers) this.#short.add(key);
  }
}

function isServed({ peerInterested, amChoking }: PeerCore): boolean {
  return peerInterested && !amChoking;
}
