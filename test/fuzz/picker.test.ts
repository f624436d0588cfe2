/** Random courses of a download against a slow model that keeps plain sets. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PickPeer, Priority } from '../../src/engine/policy/picker.js';
import { MAX_REQUESTERS } from '../../src/engine/policy/picker-options.js';
import { BACKENDS, type Backend } from '../unit/engine/policy/kernels-under-test.js';
import { BLOCK, World } from '../unit/engine/policy/picker-world.js';

const PIECES = 11;
const PEERS = 5;
const LENGTH = (PIECES - 1) * 3 * BLOCK + BLOCK + 1; // the last piece has 2 blocks

interface Block {
  sentBy: number | undefined;
  asked: Set<number>;
}

class Model {
  readonly have = new Set<number>();
  readonly priority = Array<number>(PIECES).fill(2);
  readonly started = new Map<number, Block[]>();

  wants(piece: number): boolean {
    return this.priority[piece] > 0 && !this.have.has(piece);
  }
  get wanted(): number[] {
    return [...Array(PIECES).keys()].filter(piece => this.wants(piece));
  }
  isFree = (block: Block) => block.sentBy === undefined && block.asked.size === 0;
  get endgame(): boolean {
    return (
      this.wanted.length > 0 &&
      this.wanted.every(piece => this.started.get(piece)?.some(this.isFree) === false)
    );
  }
  outstanding(key: number): number {
    let sum = 0;
    for (const blocks of this.started.values())
      for (const { sentBy, asked } of blocks) if (sentBy === undefined && asked.has(key)) sum++;
    return sum;
  }
}

/** Pieces of the peer with this number. */
const hasPiece = (peer: number, piece: number) => peer === 0 || (piece * 7 + peer * 3) % 5 !== 0;

class Course {
  readonly model = new Model();
  readonly world: World;
  readonly #bitsAt: number[];
  #nowMs = 0;

  constructor(backend: Backend, seed: number) {
    this.world = new World(backend, {
      pieceCount: PIECES,
      pieceLength: 3 * BLOCK,
      length: LENGTH,
      seed,
      randomFirstPieces: seed % 5,
    });
    this.#bitsAt = Array.from({ length: PEERS }, (_, peer) =>
      this.world.bits(
        Array.from({ length: PIECES }, (_, piece) => (hasPiece(peer, piece) ? '*' : '.')).join(''),
      ),
    );
    for (const bitsAt of this.#bitsAt) this.world.picker.addPeer(bitsAt);
  }

  step([op, a, b, c, flags]: readonly [number, number, number, number, number]): void {
    const { model } = this;
    const { picker } = this.world;
    const peer = a % PEERS;
    const piece = b % PIECES;
    const block = c % picker.blockCount(piece);
    switch (op) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        this.#pick(peer, 1 + (b % 12), c % 5 === 0 ? c % 3 : PIECES, flags);
        return;
      case 5:
      case 6:
      case 7:
        this.#answer(peer, b);
        return;
      case 8:
        this.#receive(peer, piece, block);
        return;
      case 9:
        picker.release(peer, piece, block);
        model.started.get(piece)?.[block].asked.delete(peer);
        return;
      case 10: {
        const freed = picker.releasePeer(peer);
        let expected = 0;
        for (const blocks of model.started.values())
          for (const entry of blocks) if (entry.asked.delete(peer) && model.isFree(entry)) expected++;
        expect(freed).toHaveLength(expected);
        return;
      }
      case 11: {
        picker.setPriority(piece, piece + 1 + (c % 4), (flags % 4) as Priority);
        for (let i = piece; i < Math.min(PIECES, piece + 1 + (c % 4)); i++) model.priority[i] = flags % 4;
        return;
      }
      case 12:
        if (c % 3 === 0) {
          picker.abort(piece);
          model.started.delete(piece);
        } else if (c % 3 === 1) {
          picker.markHave(piece);
          model.started.delete(piece);
          model.have.add(piece);
        } else {
          picker.unmarkHave(piece);
          model.have.delete(piece);
        }
        return;
      case 13:
        picker.setSequential(flags % 2 === 0);
        picker.setUrgent(flags % 3 === 0 ? [piece, (piece + 3) % PIECES] : []);
        return;
    }
  }

  #pick(key: number, count: number, newPieces: number, flags: number): void {
    const { model } = this;
    const { picker } = this.world;
    const peer: PickPeer = {
      key,
      bitsAt: this.#bitsAt[key],
      slow: flags % 7 === 0,
      parole: flags % 11 === 0,
      wholePieces: flags % 2 === 0,
      ...(flags % 5 === 0 ? { allowed: new Set([flags % PIECES, (flags * 3) % PIECES]) } : {}),
      ...(flags % 3 === 0 ? { suggested: [flags % PIECES] } : {}),
    };
    this.#nowMs += flags * 50;
    const mayHave = (piece: number) => hasPiece(key, piece) && (peer.allowed?.has(piece) ?? true);
    let free = 0;
    let locked = false;
    for (const piece of model.wanted) {
      if (!mayHave(piece)) continue;
      const blocks = model.started.get(piece);
      free += blocks ? blocks.filter(model.isFree).length : newPieces > 0 ? picker.blockCount(piece) : 0;
      locked ||= blocks !== undefined;
    }
    const before = model.started.size;
    const refs = picker.pick(peer, count, newPieces, this.#nowMs);
    for (const { piece, block, begin, length } of refs) {
      expect(model.wants(piece) && mayHave(piece)).toBe(true);
      expect([begin, length]).toEqual([
        block * BLOCK,
        Math.min(BLOCK, picker.pieceBytes(piece) - block * BLOCK),
      ]);
      let blocks = model.started.get(piece);
      if (!blocks) {
        blocks = Array.from({ length: picker.blockCount(piece) }, () => ({
          sentBy: undefined,
          asked: new Set(),
        }));
        model.started.set(piece, blocks);
      }
      const entry = blocks[block];
      expect(entry.sentBy).toBeUndefined();
      expect(entry.asked.has(key)).toBe(false);
      entry.asked.add(key);
      expect(entry.asked.size).toBeLessThanOrEqual(MAX_REQUESTERS);
    }
    expect(refs.length).toBeLessThanOrEqual(count);
    expect(model.started.size - before).toBeLessThanOrEqual(newPieces);
    // nothing is left lying: unless pieces are kept for one peer, everything free is given out
    if (!locked && newPieces >= PIECES) expect(refs.length).toBeGreaterThanOrEqual(Math.min(count, free));
    if (free > 0 && model.outstanding(key) === 0) expect(refs.length).toBeGreaterThan(0);
  }

  /** The peer sends one of the blocks that it was asked for. */
  #answer(key: number, which: number): void {
    const asked: [number, number][] = [];
    for (const [piece, blocks] of this.model.started)
      for (const [block, entry] of blocks.entries()) if (entry.asked.has(key)) asked.push([piece, block]);
    if (asked.length > 0) this.#receive(key, ...asked[which % asked.length]);
  }

  #receive(key: number, piece: number, block: number): void {
    const { model } = this;
    const { picker } = this.world;
    const outcome = picker.received(key, piece, block);
    const blocks = model.started.get(piece);
    if (!blocks) {
      expect(outcome).toBe(model.have.has(piece) ? 'duplicate' : 'unwanted');
      return;
    }
    const entry = blocks[block];
    if (entry.sentBy !== undefined) expect(outcome).toBe('duplicate');
    else if (entry.asked.has(key)) expect(outcome).toBe('new');
    entry.asked.delete(key);
    if (outcome !== 'new') return;
    entry.sentBy = key;
    expect(new Set(picker.requesters(piece, block))).toEqual(entry.asked);
    const full = blocks.every(other => other.sentBy !== undefined);
    expect(picker.isFull(piece)).toBe(full);
    if (!full) return;
    expect(picker.sources(piece)).toEqual(blocks.map(other => other.sentBy));
    if (piece % 3 === 0 && key % 2 === 0) {
      picker.failed(piece);
      for (const other of blocks) Object.assign(other, { sentBy: undefined, asked: new Set() });
    } else {
      picker.verified(piece);
      model.started.delete(piece);
      model.have.add(piece);
    }
  }

  check(): void {
    const { model } = this;
    const { picker } = this.world;
    expect([picker.haveCount, picker.wantedLeft]).toEqual([model.have.size, model.wanted.length]);
    expect(picker.wantedCount).toBe(model.priority.filter(priority => priority > 0).length);
    expect(picker.endgame).toBe(model.endgame);
    expect(picker.wantedSpan()).toEqual({
      first: model.wanted.at(0) ?? PIECES,
      end: (model.wanted.at(-1) ?? -1) + 1,
    });
    const views = [...picker.partials()].map(view => [view.piece, view.finishedBlocks, view.requestedBlocks]);
    const expected = [...model.started].map(([piece, blocks]) => [
      piece,
      blocks.filter(block => block.sentBy !== undefined).length,
      blocks.filter(block => block.sentBy === undefined && block.asked.size > 0).length,
    ]);
    expect(views.sort()).toEqual(expected.sort());
    for (let key = 0; key < PEERS; key++) expect(picker.outstanding(key)).toBe(model.outstanding(key));
  }

  /** One good peer that has everything can always finish. */
  finish(): void {
    const { picker } = this.world;
    for (let key = 1; key < PEERS; key++) picker.releasePeer(key);
    for (const blocks of this.model.started.values())
      for (const { asked } of blocks) for (const key of asked) if (key !== 0) asked.delete(key);
    for (const [piece] of this.model.started) if (picker.isFull(piece)) picker.verified(piece);
    for (let round = 0; round < 100 && !picker.finished; round++) {
      picker.pick(
        { key: 0, bitsAt: this.#bitsAt[0], slow: false, parole: false, wholePieces: round % 2 === 0 },
        7,
        PIECES,
        0,
      );
      for (const { piece } of [...picker.partials()]) {
        for (let block = 0; block < picker.blockCount(piece); block++)
          if (picker.isRequested(piece, block, 0)) expect(picker.received(0, piece, block)).toBe('new');
        if (picker.isFull(piece)) picker.verified(piece);
      }
    }
    expect(picker.finished).toBe(true);
  }
}

describe.each(BACKENDS)('picker against a model on $name kernels', backend => {
  it('keeps its promises on every course', () => {
    const step = fc.tuple(fc.nat(13), fc.nat(1000), fc.nat(1000), fc.nat(1000), fc.nat(1000));
    const course = fc.property(
      fc.nat(1e6),
      fc.array(step, { minLength: 1, maxLength: 80 }),
      (seed, steps) => {
        const run = new Course(backend, seed);
        for (const each of steps) {
          run.step(each);
          run.check();
        }
        run.finish();
      },
    );
    fc.assert(course, { numRuns: 2000, interruptAfterTimeLimit: 2000 });
  });
});
