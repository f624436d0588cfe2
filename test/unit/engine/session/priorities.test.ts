import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FilePriorities } from '../../../../src/engine/session/priorities.js';

const PIECE = 10;

function scene(lengths: readonly number[], pads: readonly number[] = []) {
  let offset = 0;
  const files = lengths.map((length, index) => {
    const file = { path: [`${index}`], length, offset, pad: pads.includes(index) };
    offset += length;
    return file;
  });
  const pieces: number[] = Array(Math.ceil(offset / PIECE)).fill(2);
  const priorities = new FilePriorities(files as never, PIECE, (from, to, level) =>
    pieces.fill(level, from, Math.min(to, pieces.length)),
  );
  return { files, pieces, priorities };
}

describe('FilePriorities', () => {
  it('a piece has the highest level of its files', () => {
    const { pieces, priorities } = scene([15, 10, 15]); // pieces 0 | 0,1 | 1,2 | 2
    priorities.set(1, 0);
    expect(pieces).toEqual([2, 2, 2, 2]);
    priorities.set(0, 0);
    expect(pieces).toEqual([0, 0, 2, 2]);
    priorities.set(2, 3);
    expect(pieces).toEqual([0, 0, 3, 3]);
    priorities.set(1, 1);
    expect(pieces).toEqual([0, 1, 3, 3]);
  });

  it('only: these files and no others', () => {
    const { pieces, priorities } = scene([15, 10, 15, 0]);
    priorities.only([1]);
    priorities.apply();
    expect(pieces).toEqual([0, 2, 2, 0]);
    priorities.only([3]);
    priorities.apply();
    expect(pieces).toEqual([0, 0, 0, 0]);
    priorities.only([0, 1, 2]);
    priorities.apply();
    expect(pieces).toEqual([2, 2, 2, 2]);
  });

  it('low and high among those that are wanted', () => {
    const { pieces, priorities } = scene([15, 10, 15, 10]); // pieces 0 | 0,1 | 1,2 | 2 | 3
    priorities.only(undefined, { low: [0], high: [1] });
    expect(pieces).toEqual([2, 2, 2, 2, 2]);
    priorities.apply();
    expect(pieces).toEqual([1, 3, 3, 2, 2]);
    priorities.only([0, 2], { low: [2], high: [0, 3] });
    priorities.apply();
    expect(pieces).toEqual([3, 3, 1, 1, 0]);
    expect([0, 1, 2, 3].map(file => priorities.level(file))).toEqual([3, 0, 1, 0]);
    const fresh = scene([15, 10, 15, 10]).priorities;
    fresh.only(undefined, { skip: [0, 1], high: [1, 2] });
    expect([0, 1, 2, 3].map(file => fresh.level(file))).toEqual([0, 0, 3, 2]);
  });

  it('counts the bytes of the pieces that are wanted', () => {
    const { priorities } = scene([15, 10, 15, 5], [2]);
    expect(priorities.wantedBytes(45)).toBe(45);
    for (const [indices, bytes] of [
      [[0], 20],
      [[1], 20],
      [[0, 1], 30],
      [[0, 3], 25],
      [[2], 0],
      [[], 0],
    ] as const) {
      priorities.only(indices);
      expect(priorities.wantedBytes(45)).toBe(bytes);
    }
  });

  it('nothing is told where nothing is chosen', () => {
    const { files } = scene([15, 10]);
    const told: unknown[] = [];
    const priorities = new FilePriorities(files as never, PIECE, (...range) => told.push(range));
    priorities.only(undefined);
    priorities.apply();
    expect(told).toEqual([]);
  });

  it('padding and empty files want nothing', () => {
    const { pieces, priorities } = scene([5, 0, 25, 10], [2]);
    priorities.only([1, 0]);
    priorities.apply();
    expect(pieces).toEqual([2, 0, 0, 0]);
    priorities.set(1, 3);
    expect(pieces).toEqual([2, 0, 0, 0]);
  });

  it('whatever comes, every piece has the highest level of the files that share it', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 35 }), { minLength: 1, maxLength: 8 });
    const steps = fc.array(fc.tuple(fc.nat(7), fc.integer({ min: 0, max: 3 })), { maxLength: 20 });
    fc.assert(
      fc.property(lengths, steps, (lengths, steps) => {
        fc.pre(lengths.some(length => length > 0));
        const { files, pieces, priorities } = scene(lengths);
        const levels = files.map(() => 2);
        for (const [file, level] of steps) {
          if (file >= files.length) continue;
          levels[file] = level;
          priorities.set(file, level as 0);
        }
        pieces.forEach((level, piece) => {
          const sharing = files.filter(
            ({ offset, length }) =>
              length > 0 && offset < (piece + 1) * PIECE && offset + length > piece * PIECE,
          );
          expect(level).toBe(Math.max(...sharing.map(file => levels[files.indexOf(file)])));
        });
      }),
    );
  });
});
