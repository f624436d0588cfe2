import type { PeerKey } from '../ids.js';
import { hasBit, setBit } from './picker-bits.js';

/** A piece that a peer alone was told of. It ends when some neighbour has the piece. */
interface Errand {
  leftBytes: number;
  /** When all of it had been sent; Infinity before. */
  sentMs: number;
}

interface Pupil {
  /** Pieces that it knows we have, a bit each; ALL for all. */
  told: Uint8Array;
  readonly errands: Map<number, Errand>;
}

/** Of a peer that knows all that we have. */
const ALL = new Uint8Array(0);

/** What the policy must know of the neighbours. */
export interface SuperSeedingView {
  readonly pieceCount: number;
  readonly pieceBytes: (piece: number) => number;
  /** Neighbours that have the piece. */
  readonly holders: (piece: number) => number;
  readonly has: (peer: PeerKey, piece: number) => boolean;
  /** The peer can ask us for pieces: it wants some and is not choked. */
  readonly served: (peer: PeerKey) => boolean;
  /** Bytes a second that we send to it. */
  readonly rate: (peer: PeerKey) => number;
}

/** Pieces that wait to be sent to a peer that is served, at least: one to send, one to ask for meanwhile. */
const MIN_ERRANDS = 2;

/** Pieces told of in advance: what a peer is sent in so long, so that its window of requests never runs dry. */
const AHEAD_MS = 1_000;

/** A peer that was sent all of a piece and does not say that it has it, for so long, has lost or spoilt it. */
export const CONFIRM_MS = 10_000;

/**
 * With no piece left that nobody was told of, a peer is told of another's piece when it would have it this much
 * sooner: in half the time, and seconds before.
 */
const SOONER = 2;
const SOONER_MS = 2_000;

/**
 * Super-seeding (BEP 16): the only source of a file tells each peer of a few pieces of its own, so that nothing is sent
 * twice before all has been sent once. Other than in the BEP a peer need not pass a piece on to be told of the next: the
 * uplink would wait for that, and a piece that stays where it is is told to all in the end.
 *
 * Pieces are told in order of index, so that what is watched while it spreads comes from its beginning.
 */
export class SuperSeeding {
  readonly #pupils = new Map<PeerKey, Pupil>();
  readonly #owners = new Map<number, PeerKey>();
  /** Nobody was told of the pieces from here on. */
  #cursor = 0;
  /** Pieces before the cursor that nobody has and nobody is at. */
  readonly #returned = new Set<number>();
  /** Pieces that no neighbour has; -1 when they must be counted. */
  #missing = -1;
  /** Pieces of which we have sent something, a bit each. */
  readonly #sent: Uint8Array;
  #foreign = 0;

  constructor(readonly view: SuperSeedingView) {
    this.#sent = new Uint8Array(Math.ceil(view.pieceCount / 8));
  }

  /** Pieces that a neighbour was the first to get, and not of us: somebody else has them too. */
  get foreign(): number {
    return this.#foreign;
  }

  /** Every piece is at some neighbour. */
  get done(): boolean {
    if (this.#missing < 0) this.#count();
    return this.#missing === 0;
  }

  /** Whether it does not know all that we have. */
  hidesFrom(key: PeerKey): boolean {
    const pupil = this.#pupils.get(key);
    return pupil !== undefined && pupil.told !== ALL;
  }

  join(key: PeerKey): void {
    this.#pupils.set(key, { told: new Uint8Array(Math.ceil(this.view.pieceCount / 8)), errands: new Map() });
  }

  /** The peer knows all that we have: it is told of nothing, and what it asks for is its errand. */
  knowsAll(key: PeerKey): void {
    this.#pupils.set(key, { told: ALL, errands: this.#pupils.get(key)?.errands ?? new Map() });
  }

  /** What the peer was told of and did not get goes to others. Call it when its pieces are no longer counted. */
  leave(key: PeerKey): void {
    for (const piece of this.#pupils.get(key)?.errands.keys() ?? []) this.#giveBack(key, piece);
    this.#pupils.delete(key);
    this.recount();
  }

  /** What has not been sent to it goes to others: it does not fetch it. */
  giveUp(key: PeerKey): void {
    for (const [piece, { leftBytes }] of this.#pupils.get(key)?.errands ?? [])
      if (leftBytes > 0) this.#giveBack(key, piece);
  }

  /** The peer asks for a piece. */
  asked(key: PeerKey, piece: number): void {
    const pupil = this.#pupils.get(key);
    if (pupil?.told !== ALL || this.#owners.has(piece) || this.view.holders(piece) > 0) return;
    this.#assign(key, pupil, piece);
    this.#returned.delete(piece);
  }

  /** Many pieces came or went at once. */
  recount(): void {
    this.#missing = -1;
  }

  isTold(key: PeerKey, piece: number): boolean {
    const pupil = this.#pupils.get(key);
    return pupil === undefined || pupil.told === ALL || hasBit(pupil.told, 0, piece);
  }

  /** Whether something that the peer was told of waits to be sent to it. */
  isBusy(key: PeerKey): boolean {
    for (const { leftBytes } of this.#pupils.get(key)?.errands.values() ?? []) if (leftBytes > 0) return true;
    return false;
  }

  /** A neighbour got the piece. @returns the peer that need not fetch it any more */
  seen(key: PeerKey, piece: number): PeerKey | undefined {
    if (this.view.holders(piece) === 1) {
      if (this.#missing > 0) this.#missing--;
      if (!hasBit(this.#sent, 0, piece)) this.#foreign++;
    }
    this.#returned.delete(piece);
    const owner = this.#owners.get(piece);
    if (owner === undefined) return undefined;
    const { leftBytes } = this.#pupils.get(owner)!.errands.get(piece)!;
    const underWay = leftBytes > 0 && leftBytes < this.view.pieceBytes(piece);
    if (underWay && owner !== key) return undefined;
    this.#close(owner, piece);
    return owner;
  }

  /** Bytes of a piece left for the peer. @returns true when all of an errand has been sent */
  sent(key: PeerKey, piece: number, bytes: number, nowMs: number): boolean {
    setBit(this.#sent, 0, piece);
    const errand = this.#pupils.get(key)?.errands.get(piece);
    if (errand === undefined || errand.leftBytes === 0) return false;
    errand.leftBytes = Math.max(0, errand.leftBytes - bytes);
    if (errand.leftBytes > 0) return false;
    errand.sentMs = nowMs;
    return true;
  }

  /** Pieces to tell the peer of now. One waits for a peer that is not served, so that it is interested. */
  next(key: PeerKey): number[] {
    const pupil = this.#pupils.get(key);
    const pieces: number[] = [];
    if (pupil === undefined || pupil.told === ALL) return pieces;
    const served = this.view.served(key);
    const ahead = served ? (this.view.rate(key) * AHEAD_MS) / 1000 : 0;
    let bytes = 0;
    let errands = 0;
    for (const { leftBytes } of pupil.errands.values()) {
      bytes += leftBytes;
      if (leftBytes > 0) errands++;
    }
    while (errands < (served ? MIN_ERRANDS : 1) || bytes < ahead) {
      const piece = this.#fresh(pupil) ?? (served ? this.#sooner(key, errands) : undefined);
      if (piece === undefined) break;
      this.#assign(key, pupil, piece);
      setBit(pupil.told, 0, piece);
      pieces.push(piece);
      bytes += this.view.pieceBytes(piece);
      errands++;
    }
    return pieces;
  }

  /** Pieces that were sent and did not show up are to be told again. */
  expire(nowMs: number): void {
    for (const [key, { errands }] of this.#pupils)
      for (const [piece, { sentMs }] of errands) if (nowMs - sentMs >= CONFIRM_MS) this.#giveBack(key, piece);
  }

  /** A piece that nobody has and nobody is at. */
  #fresh({ told }: Pupil): number | undefined {
    for (const piece of this.#returned) {
      if (hasBit(told, 0, piece)) continue; // it had its chance
      this.#returned.delete(piece);
      return piece;
    }
    while (this.#cursor < this.view.pieceCount) {
      const piece = this.#cursor++;
      if (this.view.holders(piece) === 0 && !this.#owners.has(piece)) return piece;
    }
    return undefined;
  }

  /** Another's piece that this peer, which has nothing to do, would have much sooner. */
  #sooner(key: PeerKey, errands: number): number | undefined {
    if (errands > 0) return undefined;
    const { view } = this;
    let longest = 0;
    let found: number | undefined;
    for (const [piece, owner] of this.#owners) {
      const { leftBytes } = this.#pupils.get(owner)!.errands.get(piece)!;
      if (leftBytes === 0 || this.isTold(key, piece) || view.has(key, piece)) continue;
      const theirsMs = view.served(owner) ? (leftBytes * 1000) / view.rate(owner) : Number.POSITIVE_INFINITY;
      const oursMs = (view.pieceBytes(piece) * 1000) / view.rate(key);
      if (theirsMs <= longest || theirsMs < SOONER * oursMs + SOONER_MS) continue;
      longest = theirsMs;
      found = piece;
    }
    if (found !== undefined) this.#close(this.#owners.get(found)!, found);
    return found;
  }

  #assign(key: PeerKey, { errands }: Pupil, piece: number): void {
    errands.set(piece, { leftBytes: this.view.pieceBytes(piece), sentMs: Number.POSITIVE_INFINITY });
    this.#owners.set(piece, key);
  }

  #close(owner: PeerKey, piece: number): void {
    this.#owners.delete(piece);
    this.#pupils.get(owner)?.errands.delete(piece);
  }

  #giveBack(owner: PeerKey, piece: number): void {
    this.#close(owner, piece);
    if (this.view.holders(piece) === 0) this.#returned.add(piece);
  }

  /** Pieces that were lost with the peers that had them are to be told again. */
  #count(): void {
    this.#missing = 0;
    const { pieceCount, holders } = this.view;
    for (let piece = 0; piece < pieceCount; piece++) {
      if (holders(piece) > 0) continue;
      this.#missing++;
      if (piece < this.#cursor && !this.#owners.has(piece)) this.#returned.add(piece);
    }
  }
}
