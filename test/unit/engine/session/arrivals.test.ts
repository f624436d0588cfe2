import { describe, expect, it } from 'vitest';
import { Arrivals } from '../../../../src/engine/session/arrivals.js';
import { MemoryBudget } from '../../../../src/engine/session/memory-budget.js';
import type { PieceIo } from '../../../../src/engine/session/piece-io.js';
import { Progress } from '../../../../src/engine/session/progress.js';
import { ReadCache } from '../../../../src/engine/session/read-cache.js';
import { Bench, BLOCK } from '../swarm/bench.js';

const PIECE = 4 * BLOCK;

/** A short torrent of which one piece has just come; the worker that has it answers by hand. */
function scene() {
  const bench = new Bench({ pieceCount: 2, length: 2 * PIECE - 5 });
  const [piece] = bench.serve(bench.connectSeed(), 4);
  let answer!: { good(good: boolean): void; fail(error: Error): void };
  const verifyWrite = () =>
    new Promise<boolean>((good, fail) => {
      answer = { good, fail };
    });
  const budget = new MemoryBudget(bench.machine.slots);
  const errors: Error[] = [];
  const arrivals = new Arrivals({
    torrent: 1,
    core: bench.core,
    io: { table: { pieceLength: PIECE, length: 2 * PIECE - 5 }, verifyWrite } as unknown as PieceIo,
    kernels: bench.machine.kernels,
    budget,
    cache: new ReadCache(budget),
    padding: [],
    durability: undefined,
    poke: () => bench.turn(),
    onError: error => errors.push(error),
  });
  const verified = arrivals.verify(piece, bench.core.downloads.slotOf(piece));
  const progress = new Progress(bench.core, bench.core.options, bench.machine.kernels.buffer);
  return { bench, arrivals, verified, answer, piece, errors, progress };
}

describe('a piece with a worker while the torrent closes', () => {
  it('counts as here when it was good, as the last state that is saved has to say', async () => {
    const { bench, arrivals, verified, answer, piece, progress } = scene();
    const closed = arrivals.close();
    answer.good(true);
    await Promise.all([verified, closed]);
    expect(bench.core.picker.has(piece)).toBe(true);
    expect(progress.doneBytes).toBe(bench.core.picker.pieceBytes(piece));
  });

  it.each([
    ['was good', (answer: ReturnType<typeof scene>['answer']) => answer.good(true)],
    ['was bad', (answer: ReturnType<typeof scene>['answer']) => answer.good(false)],
    [
      'could not be written',
      (answer: ReturnType<typeof scene>['answer']) => answer.fail(new Error('no space')),
    ],
  ])('leaves no memory behind when it %s', async (_, end) => {
    const { bench, arrivals, verified, answer } = scene();
    const closed = arrivals.close();
    end(answer);
    await Promise.all([verified, closed]);
    for (const { at } of bench.take('piece')) bench.machine.slots.release(at);
    bench.core.dispose();
    expect(bench.machine.slots.usedBytes).toBe(0);
  });
});

describe('bytes that are here', () => {
  it('count once when a check finds the piece that a worker has just written', async () => {
    const { bench, verified, answer, piece, progress } = scene();
    expect(progress.doneBytes).toBe(0);
    expect(progress.mark(piece)).toBe(true);
    answer.good(true);
    await verified;
    expect(bench.take('piece')).toHaveLength(1);
    expect(progress.doneBytes).toBe(bench.core.picker.pieceBytes(piece));
    expect(progress.doneBytes + progress.leftBytes).toBe(2 * PIECE - 5);
  });

  it('follow the pieces that are had', () => {
    const { progress } = scene();
    progress.mark(1);
    expect(progress.doneBytes).toBe(PIECE - 5);
    progress.markAll();
    expect(progress.doneBytes).toBe(2 * PIECE - 5);
    progress.unmark(1);
    expect(progress.doneBytes).toBe(PIECE);
  });
});
