import { describe, expect, it } from 'vitest';
import { MemoryBudget } from '../../../../src/engine/session/memory-budget.js';
import { forEachRun, type PieceRun } from '../../../../src/engine/session/piece-runs.js';
import type { WorkerPool } from '../../../../src/workers/pool.js';
import { createSlotPool } from '../../../../src/workers/slots.js';

const KiB = 1024;
const MiB = 1024 * KiB;

/** Runs that wait until they are told to end. */
function scene({ workers = 2, budgetBytes = 64 * MiB, pieceLength = 256 * KiB } = {}) {
  const budget = new MemoryBudget(createSlotPool(0, budgetBytes));
  const pool = { stats: () => ({ workers }) } as WorkerPool;
  const waiting: { run: PieceRun; end: () => void; fail: (error: Error) => void }[] = [];
  const work = (run: PieceRun) =>
    new Promise<void>((resolve, reject) => waiting.push({ run, end: resolve, fail: reject }));
  const stop = new AbortController();
  const start = (pieces: Iterable<number>) =>
    forEachRun(pieces, { pieceLength, pool, budget, signal: stop.signal }, work);
  return { budget, waiting, start, stop, turn: () => new Promise(setImmediate) };
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('runs of pieces', () => {
  it('keep two at each worker, each with a slot of four pieces', async () => {
    const { budget, waiting, start, turn } = scene();
    const all = start(upTo(100));
    await turn();
    expect(waiting.map(({ run: { first, count } }) => [first, count])).toEqual(
      [0, 16, 32, 48].map(first => [first, 16]),
    );
    expect(budget.usedBytes).toBe(4 * MiB);
    for (let i = 0; i < 7; i++) {
      expect(waiting.length).toBe(Math.min(7, 4 + i));
      waiting[i].end();
      await turn();
    }
    await all;
    expect(waiting[6].run).toMatchObject({ first: 96, count: 4 });
    expect(budget.usedBytes).toBe(0);
  });

  it('end where a piece is left out', async () => {
    const { waiting, start, turn } = scene();
    const all = start([3, 4, 5, 9, 11]);
    await turn();
    expect(waiting.map(({ run: { first, count } }) => [first, count])).toEqual([
      [3, 3],
      [9, 1],
      [11, 1],
    ]);
    for (const { end } of waiting) end();
    await all;
  });

  it.each([
    ['16 KiB', { pieceLength: 16 * KiB }, { runs: 4, count: 256, slotBytes: 256 * KiB }],
    ['4 MiB', { pieceLength: 4 * MiB }, { runs: 4, count: 2, slotBytes: 8 * MiB }],
    ['64 MiB', { pieceLength: 64 * MiB, budgetBytes: 256 * MiB }, { runs: 2, count: 1, slotBytes: 64 * MiB }],
    [
      '4 MiB, little memory',
      { pieceLength: 4 * MiB, budgetBytes: 9 * MiB },
      { runs: 1, count: 1, slotBytes: 4 * MiB },
    ],
    ['256 KiB, no workers', { workers: 0 }, { runs: 1, count: 4, slotBytes: MiB }],
    [
      '64 KiB, 8 workers',
      { workers: 8, pieceLength: 64 * KiB },
      { runs: 16, count: 64, slotBytes: 256 * KiB },
    ],
  ])('of pieces of %s', async (_, options, { runs, count, slotBytes }) => {
    const { waiting, start, turn } = scene(options);
    const all = start(upTo(5000));
    await turn();
    expect(waiting.length).toBe(runs);
    for (const { run } of waiting) expect(run).toMatchObject({ count, slotBytes });
    for (const { fail } of waiting) fail(new Error('enough'));
    await expect(all).rejects.toThrow('enough');
  });

  it('make do with a slot of one piece, and wait while there is none', async () => {
    const { budget, waiting, start, turn } = scene({ budgetBytes: 2 * MiB, workers: 1 });
    const others = upTo(7).map(() => budget.allocate(256 * KiB));
    const all = start(upTo(40));
    await turn();
    expect(waiting.map(({ run }) => run.slotBytes)).toEqual([256 * KiB]);
    waiting[0].end();
    for (const at of others) budget.release(at);
    while (waiting.length < 2) await turn();
    expect(waiting[1].run.slotBytes).toBe(512 * KiB);
    for (const { fail } of waiting) fail(new Error('enough'));
    await expect(all).rejects.toThrow('enough');
    expect(budget.usedBytes).toBe(0);
  });

  it('fail with the first failure, when all have ended, and give back their slots', async () => {
    const { budget, waiting, start, turn } = scene();
    const all = start(upTo(1000));
    await turn();
    let over = false;
    const ended = all.catch(error => error).finally(() => (over = true));
    waiting[2].fail(new Error('disk'));
    await turn();
    expect(over).toBe(false);
    for (const { end } of waiting) end();
    expect(await ended).toEqual(new Error('disk'));
    expect(waiting.length).toBe(4);
    expect(budget.usedBytes).toBe(0);
  });

  it('begin no more when the signal says so', async () => {
    const { budget, waiting, start, stop, turn } = scene();
    const all = start(upTo(1000));
    await turn();
    stop.abort();
    for (const { end } of waiting) end();
    await expect(all).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(waiting.length).toBe(4);
    expect(budget.usedBytes).toBe(0);
  });
});
