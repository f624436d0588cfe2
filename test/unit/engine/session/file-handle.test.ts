import { describe, expect, it } from 'vitest';
import { FileHandle } from '../../../../src/engine/session/file-handle.js';
import { PieceWaits } from '../../../../src/engine/session/piece-waits.js';

const PIECE = 1024 * 1024;

/** A file of 20 pieces that begins in the middle of a piece; pieces of `had` are there. */
function scene(...had: number[]) {
  const have = new Set(had);
  let urgent: readonly number[] = [];
  const has = (piece: number) => have.has(piece);
  const waits = new PieceWaits(has, pieces => (urgent = pieces));
  const reads: [number, number][] = [];
  const levels: [number, number][] = [];
  const owner = {
    table: { pieceLength: PIECE, length: 30 * PIECE },
    waits,
    has,
    read: async (at: number, into: Uint8Array) => {
      reads.push([at, into.length]);
      into.fill(at & 255);
    },
    pathOf: () => ['a', 'b'],
    filePriority: () => levels.at(-1)?.[1] ?? 2,
    setFilePriority: (index: number, level: number) => levels.push([index, level]),
  };
  const file = new FileHandle(
    3,
    { path: ['a', 'b'], offset: 2 * PIECE + 100, length: 20 * PIECE, pad: false } as never,
    owner as never,
  );
  const arrive = (...pieces: number[]) => {
    for (const piece of pieces) {
      have.add(piece);
      waits.arrived(piece);
    }
  };
  return { file, urgent: () => urgent, reads, levels, arrive };
}

const tick = () => new Promise(setImmediate);

describe('FileHandle', () => {
  it('knows its path, and what of it is there', () => {
    const { file } = scene(2, 5, 22, 1, 23);
    expect(file.path).toBe('a/b');
    // The end of piece 2, piece 5, and the 100 bytes in piece 22.
    expect(file.done).toBe(PIECE - 100 + PIECE + 100);
  });

  it('passes its priority on; an unknown one is refused', () => {
    const { file, levels } = scene();
    file.priority = 'high';
    file.priority = 'skip';
    expect(levels).toEqual([
      [3, 3],
      [3, 0],
    ]);
    expect(() => {
      file.priority = 'urgent' as 'high';
    }).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION', message: expect.stringContaining('priority is urgent') }),
    );
    expect(file.priority).toBe('skip');
  });

  it('a stream wants 8 MiB ahead, as far as it goes, and nothing once it is through', async () => {
    const { file, urgent, reads, arrive } = scene(3);
    const reader = file.stream({ start: PIECE, end: 3 * PIECE }).getReader();
    await tick();
    expect(urgent()).toEqual([]);
    const first = reader.read();
    await tick();
    expect(urgent()).toEqual([4, 5]); // 3 is there
    expect((await first).value).toHaveLength(256 * 1024);
    expect(reads).toEqual([[3 * PIECE + 100, 256 * 1024]]);
    arrive(4, 5);
    for (let done = false; !done; ) done = (await reader.read()).done;
    expect(urgent()).toEqual([]);
    expect(reads.reduce((sum, [, length]) => sum + length, 0)).toBe(2 * PIECE);

    const ahead = file.stream().getReader();
    void ahead.read();
    await tick();
    expect(urgent()).toEqual([2, 6, 7, 8, 9, 10]);
    await ahead.cancel();
  });

  it('cancelled or aborted while it waits, it wants nothing more at once', async () => {
    const { file, urgent } = scene();
    const cancelled = file.stream().getReader();
    void cancelled.read();
    await tick();
    expect(urgent()).not.toEqual([]);
    await cancelled.cancel();
    expect(urgent()).toEqual([]);

    const stop = new AbortController();
    const aborted = expect(file.stream({ signal: stop.signal }).getReader().read()).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
    const read = expect(file.read(new Uint8Array(5), { signal: stop.signal })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
    await tick();
    expect(urgent()).not.toEqual([]);
    stop.abort();
    await Promise.all([aborted, read]);
    expect(urgent()).toEqual([]);
  });
});
