import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../../../src/engine/errors.js';
import { MemoryBudget } from '../../../../src/engine/session/memory-budget.js';
import type { PieceIo } from '../../../../src/engine/session/piece-io.js';
import { PieceReader } from '../../../../src/engine/session/piece-reader.js';
import { ReadCache } from '../../../../src/engine/session/read-cache.js';
import { createSlotPool } from '../../../../src/workers/slots.js';

const SLOT = 16 * 1024;

/** A reader whose disk answers what the test says, in turn. */
function scene(...answers: (MillraceError | undefined)[]) {
  const budget = new MemoryBudget(createSlotPool(0, 4 * SLOT));
  const cache = new ReadCache(budget);
  const errors: MillraceError[] = [];
  const reads: Promise<void>[] = [];
  const read = () => {
    const error = answers[reads.length];
    reads.push(error === undefined ? Promise.resolve() : Promise.reject(error));
    return reads.at(-1)!;
  };
  const reader = new PieceReader({
    torrent: 1,
    io: { table: { pieceLength: SLOT, length: 8 * SLOT }, read } as unknown as PieceIo,
    cache,
    budget,
    onReady: () => {},
    onError: error => errors.push(error),
  });
  const settled = async () => {
    await Promise.allSettled(reads);
    await new Promise(setImmediate);
  };
  return { reader, budget, errors, reads, settled };
}

describe('a piece that cannot be read', () => {
  it('as too many wait for files, is read when somebody asks again; the torrent does not fail', async () => {
    const { reader, budget, errors, reads, settled } = scene(
      new MillraceError('ERR_STORAGE_HANDLES', 'busy', { waiting: 1024 }),
    );
    expect(reader.take(3)).toBeUndefined();
    await settled();
    expect(errors).toEqual([]);
    expect([reader.reading, budget.usedBytes]).toEqual([0, 0]);
    expect(reads).toHaveLength(1); // not at once: it would be asked for without end
    expect(reader.take(3)).toBeUndefined();
    await settled();
    expect(reader.take(3)).toMatchObject({ ready: true });
  });

  it.each(['ERR_STORAGE_MISSING', 'ERR_STORAGE_HANDLES'] as const)(
    'with %s fails the torrent',
    async code => {
      const { reader, budget, errors, settled } = scene(new MillraceError(code, 'nothing will help'));
      reader.prefetch(3);
      await settled();
      expect(errors).toMatchObject([{ code }]);
      expect(budget.usedBytes).toBe(0);
    },
  );
});
