import { bytesEqual } from '../../engine/bytes.js';
import { SHA1_BYTES, TABLE_ALIGN } from '../../engine/kernels/types.js';
import { BLOCK_BYTES, type BlockRange } from '../../engine/protocol/peer/messages.js';
import { createSlots, type Machine, type MachineFactory } from '../machine.js';
import type { Content } from './content.js';

/** A block on its way: bytes, or only the word that it is good or bad. */
export type Payload = Uint8Array | PhantomBlock;

export interface PhantomBlock {
  readonly length: number;
  /** Who made it up; 0 for the block as it should be. */
  readonly madeUpBy: number;
}

/** What a peer's memory holds of pieces under way and of pieces that it has. */
export interface Cargo {
  readonly machine: Machine;
  /** A block of a piece that the peer has. */
  outgoing(range: BlockRange): Payload;
  /** Bytes `from` to `to` of a block have arrived; the block goes to `at`. */
  arrived(payload: Payload, at: number, from: number, to: number): void;
  /** The piece in the slot at `at` is as its hash says. */
  isGood(piece: number, at: number): boolean;
  /** Takes a good piece out of its slot. */
  keep(piece: number, at: number): void;
}

/** Real bytes, hashed by the kernels: for tests that must see every byte. */
export class RealCargo implements Cargo {
  readonly machine: Machine;
  /** What is verified and written. */
  readonly store: Uint8Array;
  readonly #memory: Uint8Array;
  readonly #digestAt: number;

  constructor(
    readonly content: Content,
    createMachine: MachineFactory,
    heapBytes: number,
    slotBytes: number,
    have: readonly number[] | 'all',
  ) {
    this.machine = createMachine(heapBytes, slotBytes);
    this.#memory = new Uint8Array(this.machine.kernels.buffer);
    this.#digestAt = this.machine.heap.allocate(SHA1_BYTES);
    this.store = have === 'all' ? content.bytes : new Uint8Array(content.length);
    if (have === 'all') return;
    for (const piece of have) {
      const at = piece * content.pieceLength;
      this.store.set(content.bytes.subarray(at, at + content.pieceBytes(piece)), at);
    }
  }

  outgoing({ piece, begin, length }: BlockRange): Payload {
    const from = piece * this.content.pieceLength + begin;
    return this.store.slice(from, from + length);
  }

  arrived(payload: Payload, at: number, from: number, to: number): void {
    this.#memory.set((payload as Uint8Array).subarray(from, to), at + from);
  }

  isGood(piece: number, at: number): boolean {
    this.machine.kernels.sha1(at, this.content.pieceBytes(piece), this.#digestAt);
    const digest = this.#memory.subarray(this.#digestAt, this.#digestAt + SHA1_BYTES);
    return bytesEqual(digest, this.content.hash(piece));
  }

  keep(piece: number, at: number): void {
    const slot = this.#memory.subarray(at, at + this.content.pieceBytes(piece));
    this.store.set(slot, piece * this.content.pieceLength);
  }
}

/** No bytes at all: slots are addresses without memory, and a block is remembered by who made it up. */
export class PhantomCargo implements Cargo {
  readonly machine: Machine;
  readonly #madeUp = new Map<number, number>();

  constructor(
    readonly pieceBytes: (piece: number) => number,
    createMachine: MachineFactory,
    heapBytes: number,
    slotBytes: number,
  ) {
    const { kernels, heap } = createMachine(heapBytes, TABLE_ALIGN);
    const slots = createSlots(kernels.buffer.byteLength, slotBytes);
    const memory = new DataView(kernels.buffer);
    // Who sent a bad block is found out by its digest: here by its maker.
    const sha1 = (at: number, _length: number, outAt: number) =>
      memory.setUint32(outAt, this.#madeUp.get(at) ?? 0);
    this.machine = { kernels: { ...kernels, sha1 }, heap, slots };
  }

  outgoing({ length }: BlockRange): Payload {
    return { length, madeUpBy: 0 };
  }

  arrived(payload: Payload, at: number, _from: number, to: number): void {
    if (to < payload.length) return;
    const { madeUpBy } = payload as PhantomBlock;
    if (madeUpBy > 0) this.#madeUp.set(at, madeUpBy);
    else if (this.#madeUp.size > 0) this.#madeUp.delete(at);
  }

  isGood(piece: number, at: number): boolean {
    if (this.#madeUp.size === 0) return true;
    for (let begin = 0; begin < this.pieceBytes(piece); begin += BLOCK_BYTES)
      if (this.#madeUp.has(at + begin)) return false;
    return true;
  }

  keep(): void {}
}
