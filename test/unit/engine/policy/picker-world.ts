import type { Heap, Kernels } from '../../../../src/engine/kernels/types.js';
import { bitfieldBytes } from '../../../../src/engine/kernels/types.js';
import {
  type BlockRef,
  Picker,
  type PickerOptions,
  type PickPeer,
  type Priority,
} from '../../../../src/engine/policy/picker.js';
import { createRng } from '../../../../src/engine/policy/rng.js';
import type { Backend } from './kernels-under-test.js';

export const BLOCK = 16 * 1024;

export interface Setup extends Partial<Omit<PickerOptions, 'kernels' | 'heap' | 'rng'>> {
  /** Blocks of a piece, when the geometry is not given. */
  blocks?: number;
  seed?: number;
  /** Digit a piece: neighbours that have it. */
  avail?: string;
  /** `*` for a piece that we have. */
  have?: string;
  /** Digit a piece, 0 to 3. */
  prio?: string;
  /** Hex digit a piece: mask of finished blocks, lowest bit first. */
  part?: string;
}

/** A picker with neighbours, in the notation of the scenario rows. 7 pieces of 4 blocks unless said otherwise. */
export class World {
  readonly kernels: Kernels;
  readonly heap: Heap;
  readonly picker: Picker;

  constructor(backend: Backend, setup: Setup = {}) {
    const pieceCount =
      setup.pieceCount ??
      (setup.avail ?? setup.have ?? setup.prio ?? setup.part ?? 'seven..').replaceAll(' ', '').length;
    const pieceLength = setup.pieceLength ?? (setup.blocks ?? 4) * BLOCK;
    const length = setup.length ?? pieceCount * pieceLength;
    ({ kernels: this.kernels, heap: this.heap } = backend.make());
    this.picker = new Picker({
      ...setup,
      kernels: this.kernels,
      heap: this.heap,
      rng: createRng(setup.seed ?? 1),
      pieceCount,
      pieceLength,
      length,
      randomFirstPieces: setup.randomFirstPieces ?? 0,
    });
    const avail = [...(setup.avail ?? '')].map(Number);
    for (let level = 1; level <= Math.max(0, ...avail); level++)
      this.picker.addPeer(this.bits(avail.map(count => (count >= level ? '*' : '.')).join('')));
    for (const [piece, mark] of [...(setup.have ?? '')].entries())
      if (mark === '*') this.picker.markHave(piece);
    for (const [piece, digit] of [...(setup.prio ?? '')].entries())
      this.picker.setPriority(piece, piece + 1, Number(digit) as Priority);
    for (const [piece, digit] of [...(setup.part ?? '')].entries())
      this.#finish(piece, Number.parseInt(digit, 16));
  }

  /** A bitfield in the kernels' memory. */
  bits(marks: string): number {
    const at = this.heap.allocate(bitfieldBytes(marks.length));
    const bytes = new Uint8Array(this.kernels.buffer);
    for (const [i, mark] of [...marks].entries()) if (mark === '*') bytes[at + (i >> 3)] |= 0x80 >> (i & 7);
    return at;
  }

  /** An ordinary peer that has every piece. */
  peer(over: Partial<PickPeer> & { has?: string } = {}): PickPeer {
    const { has, ...rest } = over;
    const bitsAt = this.bits(has ?? '*'.repeat(this.picker.pieceCount));
    return { key: 1, bitsAt, slow: false, parole: false, wholePieces: false, ...rest };
  }

  pick(over: Partial<PickPeer> & { has?: string } = {}, count = 1, newPieces = 1000, nowMs = 0): BlockRef[] {
    return this.picker.pick(this.peer(over), count, newPieces, nowMs);
  }

  /** Receives all blocks and verifies the piece. */
  complete(piece: number, key = 1): void {
    for (let block = 0; block < this.picker.blockCount(piece); block++)
      this.picker.received(key, piece, block);
    this.picker.verified(piece);
  }

  #finish(piece: number, mask: number): void {
    if (mask === 0) return;
    const setupKey = 99;
    const peer = this.peer({ key: setupKey, allowed: new Set([piece]) });
    for (const { block } of this.picker.pick(peer, this.picker.blockCount(piece), 1, 0))
      if (mask & (1 << block)) this.picker.received(setupKey, piece, block);
    this.picker.releasePeer(setupKey);
  }
}

/** `(piece,block)` pairs as text. */
export function names(refs: readonly BlockRef[]): string[] {
  return refs.map(({ piece, block }) => `${piece},${block}`);
}

/** Pieces in the order of their first block. */
export function pieces(refs: readonly BlockRef[]): number[] {
  return [...new Set(refs.map(ref => ref.piece))];
}
