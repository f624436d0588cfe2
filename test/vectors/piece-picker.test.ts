/** The scenarios of shared/vectors/piece_picker.md, adapted to our API; S rows say where we differ. */
import { describe, expect, it } from 'vitest';
import { isMillraceError } from '../../src/engine/errors.js';
import { MAX_BLOCKS_PER_PIECE } from '../../src/engine/policy/picker-options.js';
import { BACKENDS } from '../unit/engine/policy/kernels-under-test.js';
import { BLOCK, names, pieces, type Setup, World } from '../unit/engine/policy/picker-world.js';

/** Blocks of whole pieces in order. */
function whole(...list: number[]): string[] {
  return list.flatMap(piece => [0, 1, 2, 3].map(block => `${piece},${block}`));
}

describe.each(BACKENDS)('picker scenarios on $name kernels', backend => {
  const world = (setup: Setup = {}) => new World(backend, setup);

  it('P01 picks the rarest missing piece', () => {
    expect(pieces(world({ avail: '2223333', have: '*.*.*..' }).pick())).toEqual([1]);
  });

  it('P03 highest priority wins over order', () => {
    // our levels are 1 to 3, so 1131521 becomes 1121311
    for (const [prio, piece] of [['1111121', 5], ['1131121', 2], ['1121311', 4]] as const)
      expect(pieces(world({ avail: '1111111', prio }).pick())).toEqual([piece]);
    expect(pieces(world({ avail: '1111191', prio: '1111121' }).pick())).toEqual([5]);
  });

  it('P04 (S, adopted) gives a slow peer the commonest first', () => {
    expect(names(world({ avail: '4179253' }).pick({ slow: true }, 28))).toEqual(whole(3, 2, 5, 0, 6, 4, 1));
  });

  it('P07 gives whole pieces', () => {
    const refs = world({ avail: '1111111', prio: '1111111' }).pick({ has: '******.', wholePieces: true }, 4);
    expect(names(refs)).toEqual(whole(refs[0].piece));
    expect(refs[0].piece).toBeLessThan(6);
  });

  it.each([
    ['rarest first', false, false],
    ['commonest first', false, true],
    ['sequential', true, false],
    ['sequential in reverse', true, true],
  ])('P09 never picks priority 0: %s', (_, sequential, slow) => {
    const refs = world({ avail: '1111111', prio: '0010000', sequential }).pick({ slow }, 28);
    expect(names(refs)).toEqual(whole(2));
  });

  it('P11, P12 (S, adopted) another block of the started piece for the second peer', () => {
    const w = world({ avail: '1111111' });
    const [first] = w.pick({ key: 1 });
    const [second] = w.pick({ key: 2 });
    expect(second.piece).toBe(first.piece);
    expect(second.block).not.toBe(first.block);
  });

  it('P13 (S, adopted) the rarest of the partial pieces first', () => {
    expect(names(world({ avail: '1112111', part: '013700f' }).pick())).toEqual(['2,2']);
  });

  it('P14 (S, adopted) then the most complete', () => {
    expect(names(world({ avail: '1111111', part: '013700f' }).pick())).toEqual(['3,3']);
  });

  it('P16 never picks a finished block again', () => {
    for (const wholePieces of [false, true]) {
      const w = world({ avail: '1111111', part: '013700f', randomFirstPieces: 100 });
      expect(['1,1', '2,2', '3,3']).toContain(names(w.pick({ has: '.***..*', wholePieces }))[0]);
    }
  });

  it('P17 no block twice', () => {
    const refs = names(world({ avail: '1111111' }).pick({ has: '.***...', wholePieces: true }, 32));
    expect(refs).toHaveLength(12);
    expect(new Set(refs)).toHaveLength(12);
  });

  it('P19, P20 sequential, and in reverse for a slow peer', () => {
    const setup = { avail: '7654321', sequential: true };
    expect(names(world(setup).pick({}, 28))).toEqual(whole(0, 1, 2, 3, 4, 5, 6));
    expect(names(world(setup).pick({ slow: true }, 28))).toEqual(whole(6, 5, 4, 3, 2, 1, 0));
  });

  it('P22 (S, adopted) priority before sequence', () => {
    const refs = world({ avail: '1111111', prio: '1113031', sequential: true }).pick({}, 28);
    expect(pieces(refs)).toEqual([3, 5, 0, 1, 2, 6]);
    expect(refs).toHaveLength(24);
  });

  it('P24 the span of wanted pieces shrinks from both ends; finished and complete differ', () => {
    const { picker } = world();
    expect(picker.wantedSpan()).toEqual({ first: 0, end: 7 });
    picker.markHave(0);
    picker.setPriority(1, 2, 0);
    picker.markHave(6);
    picker.setPriority(5, 6, 0);
    expect(picker.wantedSpan()).toEqual({ first: 2, end: 5 });
    for (const piece of [2, 3, 4]) {
      expect(picker.finished).toBe(false);
      picker.markHave(piece);
    }
    expect(picker.wantedSpan()).toEqual({ first: 7, end: 0 });
    expect([picker.finished, picker.complete]).toEqual([true, false]);
    picker.markHave(1);
    picker.markHave(5);
    expect([picker.finished, picker.complete]).toEqual([true, true]);
    picker.unmarkHave(3);
    expect(picker.wantedSpan()).toEqual({ first: 3, end: 4 });
  });

  it('P26 a full piece is left alone until it fails', () => {
    const w = world({ avail: '1234567', part: 'f000000' });
    expect(w.picker.isFull(0)).toBe(true);
    const [ref] = w.pick();
    expect(ref.piece).toBe(1);
    w.picker.release(1, 1, ref.block);
    w.picker.failed(0);
    expect(pieces(w.pick())).toEqual([0]);
  });

  it('P28 only the bad blocks become free', () => {
    const w = world({ avail: '1111111', part: 'f000000' });
    w.picker.failed(0, [1, 2]);
    expect([0, 1, 2, 3].map(block => w.picker.isFinished(0, block))).toEqual([true, false, false, true]);
    expect(names(w.pick({}, 2))).toEqual(['0,1', '0,2']);
    expect(w.picker.sources(0)).toEqual([99, -1, -1, 99]);
  });

  it('P29 leaves busy blocks out while there are free ones', () => {
    const w = world({ avail: '1111111' });
    w.pick({ key: 2, allowed: new Set([2]) }, 3);
    w.pick({ key: 2, allowed: new Set([1]) }, 3);
    for (const piece of [1, 2]) for (const block of [0, 1]) w.picker.release(2, piece, block);
    const refs = names(w.pick({ key: 1 }, 28));
    expect(refs).toHaveLength(26);
    expect(refs).not.toContain('1,2');
    expect(refs).not.toContain('2,2');
  });

  it('P32 a leaving peer frees its own requests only', () => {
    const w = world({ avail: '1111111', sequential: true });
    for (const key of [1, 2, 3]) w.pick({ key });
    expect(names(w.picker.releasePeer(2))).toEqual(['0,1']);
    expect([0, 1, 2].map(block => w.picker.isRequested(0, block))).toEqual([true, false, true]);
    expect(names(w.pick({ key: 4 }))).toEqual(['0,1']);
  });

  it('P33 distributed copies', () => {
    const { picker } = world({ avail: '0123333', have: '*......' });
    expect(picker.copies()).toBeCloseTo(1 + 5 / 7, 9);
    picker.addSeed();
    expect(picker.copies()).toBeCloseTo(2 + 5 / 7, 9);
    picker.removeSeed();
    expect(picker.copies()).toBeCloseTo(1 + 5 / 7, 9);
    expect([...'0123333'].map((_, piece) => picker.availability(piece))).toEqual([0, 1, 2, 3, 3, 3, 3]);
  });

  it('P35 counts are exact when bitfields come and go and a seed breaks', () => {
    const w = world({ avail: '2122222211221222' });
    const counts = () => Array.from({ length: 16 }, (_, piece) => w.picker.availability(piece)).join('');
    w.picker.removePeer(w.bits('**..**..**..*...'));
    expect(counts()).toBe('1022112200220222');
    w.picker.addPeer(w.bits('**..**..**..*...'));
    expect(counts()).toBe('2122222211221222');
    w.picker.addSeed();
    w.picker.addSeed();
    expect(counts()).toBe('4344444433443444');
    const broken = w.bits('***.************');
    w.picker.breakSeed(broken);
    expect(counts()).toBe('4343444433443444');
    w.picker.addHave(3);
    expect(counts()).toBe('4344444433443444');
    w.picker.removeHave(3);
    w.picker.removePeer(broken);
    w.picker.removeSeed();
    expect(counts()).toBe('2122222211221222');
  });

  it('P37 (S, adopted) a peer on parole goes on with its own piece and shares none', () => {
    const setup = { avail: '3333133' };
    const started = () => {
      const w = world(setup);
      w.pick({ key: 1, allowed: new Set([0]) }, 4);
      for (const block of [1, 2, 3]) w.picker.release(1, 0, block);
      w.picker.received(1, 0, 0);
      return w;
    };
    expect(names(started().pick({ key: 1, parole: true }, 3))).toEqual(['0,1', '0,2', '0,3']);
    const w = started();
    expect(names(w.pick({ key: 2, parole: true }, 4))).toEqual(whole(4));
    // nor does anybody join it: piece 4 is rarer, but the one of the peer on parole
    w.picker.release(2, 4, 3);
    expect(pieces(w.pick({ key: 3 }, 1))).toEqual([0]);
    expect(names(w.pick({ key: 2, parole: true }, 1))).toEqual(['4,3']);
  });

  it('P38 (S, adopted) suggested pieces come before rarer ones', () => {
    const avail = '1111222233334444';
    const suggested = [1, 5];
    expect(pieces(world({ avail }).pick({ suggested }, 4))).toEqual([1]);
    expect(pieces(world({ avail, prio: '0000111111111111' }).pick({ suggested }, 4))).toEqual([5]);
    expect(pieces(world({ avail, have: '****............' }).pick({ suggested }, 4))).toEqual([5]);
  });

  it('P40 wanted, had and had-wanted follow priorities of a piece that passed', () => {
    // ours is told `verified` once the piece is on disk: had and flushed are one
    const { picker } = world({ part: '0300000' });
    picker.verified(1);
    const counts = () => [picker.wantedCount, picker.haveCount, picker.haveWantedCount];
    expect(picker.has(1)).toBe(true);
    expect(picker.partialCount).toBe(0);
    expect(counts()).toEqual([7, 1, 1]);
    picker.setPriority(1, 2, 0);
    expect(counts()).toEqual([6, 1, 0]);
    picker.setPriority(1, 2, 3);
    expect(counts()).toEqual([7, 1, 1]);
    expect(picker.isWanted(1)).toBe(false);
  });

  it('P41 after a failed write the piece is picked again only once it was aborted', () => {
    const w = world({ avail: '1111111', part: '0f00000' });
    expect(w.pick({ has: '.*.....' }, 4)).toEqual([]);
    w.picker.abort(1);
    expect(names(w.pick({ has: '.*.....' }, 4))).toEqual(whole(1));
  });

  it.each([
    [0x100, 4],
    [0x4000, 3],
    [0x4100, 3],
    [0x10000, 0],
  ])('P42 %i bytes of padding at the end leave %i blocks', (padBytes, blocks) => {
    const length = 3 * 4 * BLOCK;
    const w = world({ pieceCount: 3, padding: [{ offset: length - padBytes, length: padBytes }] });
    expect(w.pick({ has: '..*' }, 5)).toHaveLength(blocks);
    expect(w.picker.has(2)).toBe(blocks === 0);
    expect(w.picker.padBlocks(2)).toHaveLength(4 - blocks);
    for (let block = 0; block < blocks; block++) w.picker.received(1, 2, block);
    expect(w.picker.isFull(2)).toBe(blocks > 0);
  });

  it('P45 a piece has at most 2^15 - 1 blocks', () => {
    const pieceLength = MAX_BLOCKS_PER_PIECE * BLOCK;
    expect(world({ pieceCount: 1, pieceLength }).picker.blockCount(0)).toBe(2 ** 15 - 1);
    const tooLarge = () => world({ pieceCount: 1, pieceLength: pieceLength + 1 });
    expect(tooLarge).toThrow(/piece length is 536854529, must be 1 to 536854528/);
    expect(tooLarge).toThrow(expect.toSatisfy((e: unknown) => isMillraceError(e, 'ERR_METAINFO_LIMIT')));
  });
});
