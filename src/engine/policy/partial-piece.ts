import type { PeerKey } from '../ids.js';

const FREE = 0;
const REQUESTED = 1;
const FINISHED = 2;

export const NOBODY = -1;

const NO_PEERS: readonly PeerKey[] = [];

/** A started piece: the state of its blocks, who was asked for them and who sent them. */
export class PartialPiece {
  free: number;
  requested = 0;
  finished = 0;
  /** The peer that has it to itself, or NOBODY. */
  owner: PeerKey | -1 = NOBODY;
  /** Only the owner may take blocks: it is on parole. */
  locked = false;
  /** When a block was last asked for. */
  requestedMs = 0;

  readonly #state: number[];
  /** Per block the first peer asked, then the peer that sent it. */
  readonly #who: PeerKey[];
  /** Further peers asked for a block: end-game only. */
  #others: Map<number, PeerKey[]> | undefined;
  /** No block below it is free. */
  #cursor = 0;

  /** `padBlocks` are known to be zeros: finished from the start, sent by NOBODY. */
  constructor(
    readonly piece: number,
    readonly blocks: number,
    padBlocks: readonly number[],
  ) {
    // Arrays: typed ones of this size have their bytes outside of the heap, which costs more than the rest of a piece.
    this.#state = new Array(blocks).fill(FREE);
    this.#who = new Array(blocks).fill(NOBODY);
    for (const block of padBlocks) this.#state[block] = FINISHED;
    this.finished = padBlocks.length;
    this.free = blocks - padBlocks.length;
  }

  /** Marks the lowest free block as requested. There must be one. */
  takeFree(key: PeerKey): number {
    let block = this.#cursor;
    while (this.#state[block] !== FREE) block++;
    this.#cursor = block + 1;
    this.#state[block] = REQUESTED;
    this.#who[block] = key;
    this.free--;
    this.requested++;
    return block;
  }

  /** Highest block that waits for exactly `asked` peers, none of them `key`, below `below`; or -1. */
  lastRequested(key: PeerKey, asked: number, below: number): number {
    for (let block = below - 1; block >= 0; block--) {
      if (this.#state[block] !== REQUESTED || this.#who[block] === key) continue;
      const others = this.#others?.get(block);
      if (1 + (others?.length ?? 0) === asked && !others?.includes(key)) return block;
    }
    return -1;
  }

  /** Asks one more peer for a requested block. */
  addRequester(block: number, key: PeerKey): void {
    this.#others ??= new Map();
    const others = this.#others.get(block);
    if (others) others.push(key);
    else this.#others.set(block, [key]);
  }

  isRequested(block: number, key?: PeerKey): boolean {
    if (this.#state[block] !== REQUESTED) return false;
    return key === undefined || this.#who[block] === key || this.#others?.get(block)?.includes(key) === true;
  }

  isFinished(block: number): boolean {
    return this.#state[block] === FINISHED;
  }

  /** Peers asked for the block that have not sent it. */
  requesters(block: number): readonly PeerKey[] {
    const others = this.#others?.get(block);
    if (this.#state[block] !== REQUESTED) return others === undefined ? NO_PEERS : [...others];
    return others === undefined ? [this.#who[block]] : [this.#who[block], ...others];
  }

  /** The block came from `key`. Whoever else was asked stays in `requesters` until released. */
  finish(block: number, key: PeerKey): void {
    if (this.#others || this.#who[block] !== key) {
      const left = this.requesters(block).filter(other => other !== key);
      if (left.length > 0) this.#others = (this.#others ?? new Map()).set(block, left);
      else this.#others?.delete(block);
    }
    if (this.#state[block] === REQUESTED) this.requested--;
    else this.free--;
    this.#state[block] = FINISHED;
    this.#who[block] = key;
    this.finished++;
  }

  /** `key` will not send the block. True when it was asked for it and it had not come from another. */
  release(block: number, key: PeerKey): boolean {
    const wasRequested = this.#state[block] === REQUESTED;
    const others = this.#others?.get(block);
    const at = others?.indexOf(key) ?? -1;
    if (others && at >= 0) {
      others.splice(at, 1);
      if (others.length === 0) this.#others?.delete(block);
      return wasRequested;
    }
    if (!wasRequested || this.#who[block] !== key) return false;
    const next = others?.shift();
    if (others?.length === 0) this.#others?.delete(block);
    if (next === undefined) this.#setFree(block);
    else this.#who[block] = next;
    return true;
  }

  /** `key` will not send anything more. @returns the blocks that became free */
  releaseAll(key: PeerKey): number[] {
    const freed: number[] = [];
    for (let block = 0; block < this.blocks; block++) {
      if (this.#who[block] !== key && !this.#others?.has(block)) continue;
      if (this.release(block, key) && this.#state[block] === FREE) freed.push(block);
    }
    return freed;
  }

  /** Forgets what was finished of these blocks (all without an argument), because the data is bad. */
  reset(blocks?: readonly number[]): void {
    for (const block of blocks ?? this.#state.keys())
      if (this.#state[block] === FINISHED && this.#who[block] !== NOBODY) this.#setFree(block);
  }

  /** True when nobody but `key` has a part in it. */
  isSolelyOf(key: PeerKey): boolean {
    for (let block = 0; block < this.blocks; block++)
      if (this.#who[block] !== NOBODY && this.#who[block] !== key) return false;
    return this.#others === undefined || this.#others.size === 0;
  }

  /** Who sent each block, NOBODY for those that have not come and for padding. */
  sources(): (PeerKey | -1)[] {
    const sources: (PeerKey | -1)[] = [];
    for (let block = 0; block < this.blocks; block++)
      sources.push(this.#state[block] === FINISHED ? this.#who[block] : NOBODY);
    return sources;
  }

  #setFree(block: number): void {
    if (this.#state[block] === REQUESTED) this.requested--;
    else this.finished--;
    this.#state[block] = FREE;
    this.#who[block] = NOBODY;
    this.#others?.delete(block);
    this.free++;
    if (block < this.#cursor) this.#cursor = block;
  }
}
