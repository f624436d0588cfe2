import { describe, expect, it } from 'vitest';
import { isMillraceError } from '../../../../src/engine/errors.js';
import { createHeap } from '../../../../src/engine/kernels/heap.js';
import { Picker } from '../../../../src/engine/policy/picker.js';
import { END_GAME_WINDOW, URGENT_STALL_MS } from '../../../../src/engine/policy/picker-options.js';
import { createRng } from '../../../../src/engine/policy/rng.js';
import { BACKENDS } from './kernels-under-test.js';
import { BLOCK, names, pieces, type Setup, World } from './picker-world.js';

describe.each(BACKENDS)('picker on $name kernels', backend => {
  const world = (setup: Setup = {}) => new World(backend, setup);

  describe('geometry', () => {
    it('cuts the last piece and the last block short', () => {
      const { picker } = world({ pieceCount: 3, pieceLength: 2 * BLOCK, length: 4 * BLOCK + 100 });
      expect([0, 1, 2].map(piece => picker.blockCount(piece))).toEqual([2, 2, 1]);
      expect(picker.pieceBytes(2)).toBe(100);
      expect(picker.blockRange(2, 0)).toEqual({ piece: 2, block: 0, begin: 0, length: 100 });
      expect(picker.blockRange(1, 1)).toEqual({ piece: 1, block: 1, begin: BLOCK, length: BLOCK });
    });

    it('takes pieces that are no multiple of a block', () => {
      const { picker } = world({ pieceCount: 2, pieceLength: BLOCK + 3, length: 2 * BLOCK });
      expect(picker.blockRange(0, 1).length).toBe(3);
      expect(picker.blockRange(1, 0).length).toBe(BLOCK - 3);
      expect(picker.blockCount(1)).toBe(1);
    });

    it('an empty torrent is complete', () => {
      const { picker } = world({ pieceCount: 0, length: 0 });
      expect([picker.complete, picker.finished, picker.endgame, picker.copies()]).toEqual([
        true,
        true,
        false,
        0,
      ]);
    });

    it.each([
      [2, BLOCK, BLOCK, 'ERR_METAINFO_INVALID'],
      [1, 0, 0, 'ERR_METAINFO_LIMIT'],
      [1, Number.NaN, 1, 'ERR_METAINFO_LIMIT'],
      [1, BLOCK, -1, 'ERR_METAINFO_INVALID'],
    ] as const)('refuses %i pieces of %i bytes for %i bytes', (pieceCount, pieceLength, length, code) => {
      const make = () => world({ pieceCount, pieceLength, length });
      expect(make).toThrow(expect.toSatisfy((e: unknown) => isMillraceError(e, code)));
    });

    it.each([1, 7, 8, 9, 1000])('has all of %i pieces at once as if they had come one by one', pieceCount => {
      for (const levels of [false, true]) {
        const [one, all] = [world({ pieceCount }), world({ pieceCount })].map(({ picker }) => picker);
        for (const picker of [one, all]) if (levels) picker.setPriority(0, Math.ceil(pieceCount / 2), 3);
        expect(all.plain).toBe(!levels);
        for (let piece = 0; piece < pieceCount; piece++) one.markHave(piece);
        all.markAllHave();
        for (const picker of [one, all]) {
          expect([picker.complete, picker.finished, picker.haveCount, picker.wantedLeft]).toEqual([
            true,
            true,
            pieceCount,
            0,
          ]);
          expect([picker.has(pieceCount - 1), picker.has(pieceCount)]).toEqual([true, false]);
          picker.unmarkHave(pieceCount - 1);
          expect([picker.wantedLeft, picker.wantedSpan()]).toEqual([
            1,
            { first: pieceCount - 1, end: pieceCount },
          ]);
        }
      }
    });

    it('padding files that share a block make it all padding together; overlaps and nonsense do no harm', () => {
      const padding = [
        { offset: 3 * BLOCK + 100, length: BLOCK - 100 },
        { offset: 3 * BLOCK, length: 100 },
        { offset: 3 * BLOCK + 50, length: 100 },
        { offset: 8 * BLOCK - 1, length: 1e15 },
        { offset: -5, length: 3 },
      ];
      const { picker } = world({ pieceCount: 2, padding });
      expect(picker.padBlocks(0)).toEqual([3]);
      expect(picker.padBlocks(1)).toEqual([]);
    });
  });

  describe('choice', () => {
    it('the first pieces are random, the next the rarest', () => {
      const avail = '9'.repeat(60) + '1111';
      const first = new Set<number>();
      for (let seed = 0; seed < 20; seed++) {
        const w = world({ avail, seed, randomFirstPieces: 4 });
        const order = pieces(w.pick({ wholePieces: true }, 4 * 6));
        first.add(order[0]);
        expect(order.slice(4).every(piece => piece >= 60)).toBe(true);
      }
      expect(first.size).toBeGreaterThan(10);
    });

    it('the same seed picks the same, ties differ with the seed', () => {
      const order = (seed: number) => pieces(world({ avail: '1'.repeat(40), seed }).pick({}, 160)).join();
      expect(order(5)).toBe(order(5));
      expect(order(5)).not.toBe(order(6));
    });

    it('starts no more pieces than there is memory for, and then joins', () => {
      const w = world({ avail: '1111111', sequential: true });
      expect(names(w.pick({ key: 1, wholePieces: true }, 28, 2))).toHaveLength(8);
      expect(w.pick({ key: 2 }, 28, 0)).toEqual([]);
      w.picker.release(1, 1, 2);
      expect(names(w.pick({ key: 2 }, 28, 0))).toEqual(['1,2']);
      expect(w.picker.partialCount).toBe(2);
    });

    it('a peer that proves fast goes on with the piece that it alone has begun', () => {
      const w = world({ avail: '2222' });
      const [{ piece }] = w.pick({ key: 1 }, 2);
      expect(pieces(w.pick({ key: 1, wholePieces: true }, 2))).toEqual([piece]);
    });

    it('fast peers keep a piece to themselves while there are others, and share when there are none', () => {
      const w = world({ avail: '22' });
      for (let i = 0; i < 2; i++) w.picker.addSeed();
      const a = w.pick({ key: 1, wholePieces: true }, 2);
      const b = w.pick({ key: 2, wholePieces: true }, 2);
      expect(b[0].piece).not.toBe(a[0].piece);
      // each goes on with its own
      expect(pieces(w.pick({ key: 1, wholePieces: true }, 1))).toEqual([a[0].piece]);
      expect(pieces(w.pick({ key: 2, wholePieces: true }, 2))).toEqual([b[0].piece]);
      expect(names(w.pick({ key: 2, wholePieces: true }, 4))).toEqual([`${a[0].piece},3`]);
    });

    it('a fast peer takes over a piece that nobody is busy with', () => {
      const w = world({ avail: '2222222', part: '0030000' });
      expect(names(w.pick({ wholePieces: true }, 3))).toEqual(['2,2', '2,3', expect.stringMatching(/,0$/)]);
    });

    it('with too many started pieces even a fast peer joins', () => {
      // one neighbour, two pieces with free blocks: more than 1.5 a neighbour
      const w = world({ avail: '1111111' });
      w.pick({ key: 2, allowed: new Set([2]) }, 1);
      w.pick({ key: 3, allowed: new Set([4]) }, 1);
      expect(pieces(w.pick({ key: 1, wholePieces: true }, 6)).sort()).toEqual([2, 4]);
    });

    it('among started pieces a slow peer gets the commonest, sequential mode goes by index', () => {
      const started = (over: Setup) => world({ avail: '1131211', part: '0030300', ...over });
      expect(pieces(started({}).pick({ has: '..*.*..' }))).toEqual([4]);
      expect(pieces(started({}).pick({ has: '..*.*..', slow: true }))).toEqual([2]);
      expect(pieces(started({ sequential: true }).pick({ has: '..*.*..' }))).toEqual([2]);
      expect(pieces(started({ sequential: true }).pick({ has: '..*.*..', slow: true }))).toEqual([4]);
    });

    it('with too many started pieces of several priorities the highest is finished first', () => {
      const w = world({ pieceCount: 3, prio: '123', part: '730' });
      expect(names(w.pick({}, 3, 1))).toEqual(['1,2', '1,3', '0,3']);
    });

    it('when a peer on parole leaves, its piece is for everybody', () => {
      const w = world({ avail: '11', sequential: true });
      w.pick({ key: 1, parole: true }, 2);
      expect(names(w.pick({ key: 2 }, 1))).toEqual(['1,0']);
      w.picker.releasePeer(1);
      expect(names(w.pick({ key: 2 }, 1))).toEqual(['0,0']);
    });

    it('goes back for what was lost behind it', () => {
      const w = world({ avail: '1'.repeat(40), sequential: true });
      for (let piece = 0; piece < 30; piece++) w.picker.markHave(piece);
      expect(pieces(w.pick())).toEqual([30]);
      w.picker.unmarkHave(4);
      expect(pieces(w.pick({ key: 2 }))).toEqual([4]);
      expect(w.picker.wantedSpan()).toEqual({ first: 4, end: 40 });
    });

    it('priority dominates rarity and started pieces', () => {
      const w = world({ avail: '1111199', prio: '1222223', part: '3000000' });
      expect(pieces(w.pick({}, 28))[0]).toBe(6);
      const order = pieces(world({ avail: '1111199', prio: '1222223', part: '3000000' }).pick({}, 28));
      expect(order.at(-1)).toBe(0);
    });

    it('priorities may change at any time', () => {
      const w = world({ avail: '1111111', part: '0700000' });
      w.picker.setPriority(1, 2, 0);
      expect(names(w.pick({ has: '.*.....' }, 4))).toEqual([]);
      expect([...w.picker.partials()]).toEqual([
        { piece: 1, blocks: 4, finishedBlocks: 3, requestedBlocks: 0, wanted: false },
      ]);
      w.picker.setPriority(0, 7, 3);
      expect(names(w.pick({ has: '.*.....' }, 4))).toEqual(['1,3']);
      expect(w.picker.wantedCount).toBe(7);
      w.picker.setPriority(0, 99, 0);
      expect([w.picker.wantedCount, w.picker.finished]).toEqual([0, true]);
    });

    it('while it chokes us a peer gives only allowed pieces that it has', () => {
      const w = world({ avail: '1111111' });
      const allowed = new Set([2, 4, 99]);
      expect(pieces(w.pick({ has: '***.***', allowed }, 28)).sort()).toEqual([2, 4]);
      expect(w.pick({ has: '...*...', allowed }, 28)).toEqual([]);
      expect(pieces(w.pick({ has: '***.***' }, 28))).toHaveLength(4);
    });

    it('useless suggestions are passed over', () => {
      const w = world({ avail: '1111111', have: '*......' });
      expect(pieces(w.pick({ suggested: [-1, 7, 1e9, 0.5, Number.NaN, 0, 3] }, 4))).toEqual([3]);
    });

    it('urgent pieces come first, in their order, whatever their priority', () => {
      const w = world({ avail: '1999999', prio: '3221222' });
      w.picker.setUrgent([3, 2, 99, -1]);
      expect(pieces(w.pick({}, 9))).toEqual([3, 2, 0]);
      w.complete(3);
      w.picker.setUrgent([]);
      expect(pieces(w.pick({}, 3))).toEqual([0]);
    });

    it('an urgent piece that stalls is asked of a second peer', () => {
      const w = world({ avail: '1111111' });
      w.picker.setUrgent([3]);
      expect(pieces(w.pick({ key: 1 }, 4))).toEqual([3]);
      expect(pieces(w.pick({ key: 2 }, 4, 9, URGENT_STALL_MS - 1))).not.toContain(3);
      expect(names(w.pick({ key: 3 }, 2, 9, URGENT_STALL_MS))).toEqual(['3,3', '3,2']);
      expect(w.picker.requesters(3, 3)).toEqual([1, 3]);
    });

    it('a peer on parole takes what is shared when it is the last resort', () => {
      const w = world({ pieceCount: 1, part: '3' });
      expect(names(w.pick({ key: 7, parole: true }, 4))).toEqual(['0,2', '0,3']);
    });
  });

  describe('end-game', () => {
    /** Peer 1 has been asked for all of the last two pieces. */
    const last = () => {
      const w = world({ avail: '33', sequential: true });
      w.pick({ key: 1 }, 8);
      return w;
    };

    it('begins when every wanted block is asked for or here', () => {
      const w = world({ avail: '33', prio: '02' });
      expect(w.picker.endgame).toBe(false);
      w.pick({ key: 1 }, 3);
      expect(w.picker.endgame).toBe(false);
      w.pick({ key: 1 }, 1);
      expect(w.picker.endgame).toBe(true);
      w.picker.release(1, 1, 0);
      expect(w.picker.endgame).toBe(false);
      w.pick({ key: 2 }, 1);
      w.complete(1);
      expect([w.picker.endgame, w.picker.finished]).toEqual([false, true]);
    });

    it('asks a second and a third peer, never one twice, a few blocks at a time', () => {
      const w = last();
      expect(w.pick({ key: 1 }, 8)).toEqual([]);
      expect(names(w.pick({ key: 2 }, 8))).toEqual(['1,3', '1,2', '1,1', '1,0']);
      expect(w.pick({ key: 2 }, 8)).toEqual([]);
      expect(names(w.pick({ key: 3 }, 8))).toEqual(['0,3', '0,2', '0,1', '0,0']);
      expect(names(w.pick({ key: 4 }, 8))).toEqual(['1,3', '1,2', '1,1', '1,0']);
      expect(w.picker.requesters(1, 3)).toEqual([1, 2, 4]);
      expect(w.picker.outstanding(2)).toBe(END_GAME_WINDOW);
      expect(names(w.pick({ key: 5 }, 8))).toEqual(['0,3', '0,2', '0,1', '0,0']);
      expect(w.pick({ key: 6 }, 8)).toEqual([]);
    });

    it('a peer with room again is not asked for what it was asked already', () => {
      const w = last();
      w.pick({ key: 2, has: '.*' }, 4);
      w.picker.received(2, 1, 3);
      expect(w.pick({ key: 2, has: '.*' }, 4)).toEqual([]);
      w.pick({ key: 3, has: '.*' }, 4);
      w.picker.received(3, 1, 2);
      expect(w.pick({ key: 3, has: '.*' }, 4)).toEqual([]);
    });

    it('the first copy wins, the others are to be cancelled, a late one is a duplicate', () => {
      const w = last();
      w.pick({ key: 2 }, 1);
      w.pick({ key: 3, has: '.*' }, 4);
      expect(w.picker.received(3, 1, 2)).toBe('new');
      expect(w.picker.requesters(1, 2)).toEqual([1]);
      expect(w.picker.outstanding(1)).toBe(7);
      expect(w.picker.received(1, 1, 2)).toBe('duplicate');
      expect(w.picker.requesters(1, 2)).toEqual([]);
      expect(w.picker.outstanding(1)).toBe(7);
      expect(w.picker.sources(1)).toEqual([-1, -1, 3, -1]);
      w.picker.verified(1);
      expect(w.picker.received(2, 1, 3)).toBe('duplicate');
      expect(w.picker.outstanding(1)).toBe(4);
    });

    it('when the first peer leaves the second one stays asked', () => {
      const w = last();
      w.pick({ key: 2 }, 2);
      expect(names(w.picker.releasePeer(1))).toEqual(['0,0', '0,1', '0,2', '0,3', '1,0', '1,1']);
      expect(w.picker.isRequested(1, 3, 2)).toBe(true);
      expect(w.picker.isRequested(1, 3, 1)).toBe(false);
      w.picker.release(2, 1, 3);
      w.picker.release(2, 1, 3);
      expect(w.picker.isRequested(1, 3)).toBe(false);
      expect(w.picker.outstanding(2)).toBe(1);
    });
  });

  describe('arrivals', () => {
    it('tells new, duplicate and unwanted apart', () => {
      const w = world({ avail: '1111111', sequential: true });
      w.pick({ key: 1 }, 2);
      expect(w.picker.received(1, 0, 0)).toBe('new');
      expect(w.picker.received(1, 0, 0)).toBe('duplicate');
      expect(w.picker.received(2, 0, 3)).toBe('new'); // a late answer
      expect(w.picker.received(1, 5, 0)).toBe('unwanted');
      for (const block of [-1, 4, 1e9, Number.NaN]) expect(w.picker.received(1, 0, block)).toBe('unwanted');
      for (const piece of [-1, 7, Number.NaN]) expect(w.picker.received(1, piece, 0)).toBe('unwanted');
      expect(w.picker.outstanding(1)).toBe(1);
    });

    it('nobody pushes blocks into the piece of a peer on parole', () => {
      const w = world({ pieceCount: 1 });
      w.pick({ key: 1, parole: true }, 1);
      expect(w.picker.received(2, 0, 3)).toBe('unwanted');
      expect(w.picker.received(1, 0, 0)).toBe('new');
    });

    it('a failed piece keeps its place and is fetched again', () => {
      const w = world({ pieceCount: 1, part: 'f' });
      expect(w.pick({}, 4)).toEqual([]);
      w.picker.failed(0);
      expect([w.picker.partialCount, w.picker.isFull(0)]).toEqual([1, false]);
      expect(w.pick({}, 4, 0)).toHaveLength(4);
    });

    it('releases and aborts keep the books', () => {
      const w = world({ avail: '1111111', sequential: true });
      w.pick({ key: 1 }, 6);
      w.picker.abort(0);
      expect(w.picker.outstanding(1)).toBe(2);
      expect(w.picker.releasePeer(1)).toHaveLength(2);
      expect(w.picker.releasePeer(1)).toEqual([]);
      expect(w.picker.outstanding(1)).toBe(0);
      expect(names(w.pick({ key: 2 }, 2))).toEqual(['0,0', '0,1']);
      w.picker.release(2, 6, 0);
      w.picker.abort(6);
    });
  });

  it('gives its tables back', () => {
    const { kernels } = backend.make();
    const heap = createHeap(kernels.buffer, 16, 16384);
    for (let i = 0; i < 100; i++) {
      const picker = new Picker({
        kernels,
        heap,
        rng: createRng(1),
        pieceCount: 4000,
        pieceLength: 1,
        length: 4000,
      });
      picker.setPriority(0, 1, 3);
      picker.dispose();
    }
  });
});
