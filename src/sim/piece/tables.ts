import { bitfieldBytes, type Kernels, TABLE_ALIGN } from '../../engine/kernels/types.js';
import type { MachineFactory } from '../machine.js';

/** Table bytes that are read at the same time lie on one page: the heap gives one block for all. */
const SLACK_BYTES = 64 * 1024;

/**
 * What each peer has, lacks and is fetching, and how many of its neighbours have each piece, in the kernels' memory.
 * A peer's tables lie side by side, so that a have touches two or three lines of cache.
 */
export class PieceTables {
  readonly kernels: Kernels;
  readonly memory: Uint8Array;
  /** Bytes of a bitfield, padded. */
  readonly bitBytes: number;
  readonly chosenAt: number;
  /** Pieces of each peer. */
  readonly haveCount: Int32Array;
  readonly #counts: Uint16Array;
  readonly #chosen: Uint32Array;
  /** Who has each piece: a have asks that of all neighbours at once, and those of one piece lie in few lines of cache. */
  readonly #holders: Uint8Array;
  readonly #holderBytes: number;
  readonly #at: number;
  readonly #stride: number;
  readonly #haveOffset: number;

  constructor(
    createMachine: MachineFactory,
    peers: number,
    readonly pieces: number,
    seeds: number,
  ) {
    this.haveCount = new Int32Array(peers);
    this.#holderBytes = Math.ceil(peers / 8);
    this.#holders = new Uint8Array(pieces * this.#holderBytes);
    this.bitBytes = padded(bitfieldBytes(pieces));
    this.#haveOffset = padded(2 * pieces);
    this.#stride = this.#haveOffset + 3 * this.bitBytes;
    const bytes = peers * this.#stride + seeds * this.#haveOffset;
    const { kernels, heap } = createMachine(bytes + SLACK_BYTES, TABLE_ALIGN);
    this.kernels = kernels;
    this.memory = new Uint8Array(kernels.buffer);
    this.#at = heap.allocate(bytes);
    this.chosenAt = heap.allocate(4);
    this.#counts = new Uint16Array(kernels.buffer);
    this.#chosen = new Uint32Array(kernels.buffer, this.chosenAt, 1);
    for (let peer = 0; peer < peers; peer++)
      for (let piece = 0; piece < pieces; piece++) this.set(this.lackAt(peer), piece);
  }

  /** Table of one u16 a piece for each seed, for its own use. */
  seedTableAt(seed: number): number {
    return this.#at + this.haveCount.length * this.#stride + seed * this.#haveOffset;
  }

  countsAt(peer: number): number {
    return this.#at + peer * this.#stride;
  }
  haveAt(peer: number): number {
    return this.#at + peer * this.#stride + this.#haveOffset;
  }
  lackAt(peer: number): number {
    return this.haveAt(peer) + this.bitBytes;
  }
  busyAt(peer: number): number {
    return this.haveAt(peer) + 2 * this.bitBytes;
  }

  has(bitsAt: number, piece: number): boolean {
    return (this.memory[bitsAt + (piece >>> 3)] & (0x80 >>> (piece & 7))) !== 0;
  }
  set(bitsAt: number, piece: number): void {
    this.memory[bitsAt + (piece >>> 3)] |= 0x80 >>> (piece & 7);
  }
  clear(bitsAt: number, piece: number): void {
    this.memory[bitsAt + (piece >>> 3)] &= ~(0x80 >>> (piece & 7));
  }

  /** The peer has the piece from now on. */
  gain(peer: number, piece: number): void {
    this.haveCount[peer]++;
    this.#holders[piece * this.#holderBytes + (peer >>> 3)] |= 1 << (peer & 7);
    this.set(this.haveAt(peer), piece);
    this.clear(this.lackAt(peer), piece);
  }

  isComplete(peer: number): boolean {
    return this.haveCount[peer] === this.pieces;
  }

  /** Neighbours of the peer that have the piece. */
  count(peer: number, piece: number): number {
    return this.#counts[(this.countsAt(peer) >>> 1) + piece];
  }
  /** Those of `others`, from `start` up to `end`, that are there have a neighbour with the piece from now on. */
  heard(others: Int32Array, start: number, end: number, piece: number): void {
    const counts = this.#counts;
    const at = (this.#at >>> 1) + piece;
    const stride = this.#stride >>> 1;
    for (let i = start; i < end; i++) if (others[i] >= 0) counts[at + others[i] * stride]++;
  }
  /** The same as `has`, for one piece and many peers. */
  holds(peer: number, piece: number): boolean {
    return (this.#holders[piece * this.#holderBytes + (peer >>> 3)] & (1 << (peer & 7))) !== 0;
  }
  addNeighbour(peer: number, other: number): void {
    if (this.haveCount[other] > 0)
      this.kernels.availabilityAdd(this.countsAt(peer), this.haveAt(other), this.pieces);
  }
  removeNeighbour(peer: number, other: number): void {
    if (this.haveCount[other] > 0)
      this.kernels.availabilityRemove(this.countsAt(peer), this.haveAt(other), this.pieces);
  }
  /** Pieces that `other` has and the peer lacks. */
  wanted(peer: number, other: number): number {
    if (this.haveCount[other] === 0) return 0;
    return this.kernels.bitAndNotCount(this.haveAt(other), this.haveAt(peer), this.bitBytes);
  }

  /** The piece that fewest have by the counts at `countsAt`, of those that `other` has and the peer could start; -1 for none. */
  rarest(peer: number, other: number, countsAt: number, luck: number): number {
    const found = this.kernels.pickRarest(
      countsAt,
      this.haveAt(other),
      this.lackAt(peer),
      this.busyAt(peer),
      this.pieces,
      1,
      luck,
      this.chosenAt,
    );
    return found === 0 ? -1 : this.#chosen[0];
  }

  /** The first one from `from` on, and then from the start, that `other` has and the peer could start; -1 for none. */
  firstFrom(peer: number, other: number, from: number): number {
    const after = this.#first(peer, other, from, this.pieces);
    return after >= 0 ? after : this.#first(peer, other, 0, from);
  }

  #first(peer: number, other: number, from: number, end: number): number {
    const { memory } = this;
    const have = this.haveAt(other);
    const lack = this.lackAt(peer);
    const busy = this.busyAt(peer);
    for (let piece = from; piece < end; piece++) {
      const at = piece >>> 3;
      const byte = memory[have + at] & memory[lack + at] & ~memory[busy + at];
      if (byte === 0) piece |= 7;
      else if (byte & (0x80 >>> (piece & 7))) return piece;
    }
    return -1;
  }
}

function padded(bytes: number): number {
  return Math.ceil(bytes / TABLE_ALIGN) * TABLE_ALIGN;
}
