import { describe, expect, it } from 'vitest';
import { FileMap } from '../../../../src/engine/storage/file-map.js';
import { filesOf } from './support.js';

const map = new FileMap(filesOf(['empty', 0], ['a', 10], ['z', 0], ['pad', 6, 'pad'], ['b', 4], ['end', 0]));

describe('FileMap', () => {
  it('splits a range at the borders of files', () => {
    expect(map.length).toBe(20);
    expect(map.runs(8, 10)).toEqual([
      { file: 1, position: 8, length: 2, pad: false },
      { file: 3, position: 0, length: 6, pad: true },
      { file: 4, position: 0, length: 2, pad: false },
    ]);
  });

  it('finds the file that holds a border byte, and never one without bytes', () => {
    expect(map.runs(0, 1)).toEqual([{ file: 1, position: 0, length: 1, pad: false }]);
    expect(map.runs(10, 1)).toEqual([{ file: 3, position: 0, length: 1, pad: true }]);
    expect(map.runs(19, 1)).toEqual([{ file: 4, position: 3, length: 1, pad: false }]);
    expect(map.runs(0, 20).map(run => run.file)).toEqual([1, 3, 4]);
  });

  it('gives no run for an empty range, also at the end', () => {
    expect(map.runs(20, 0)).toEqual([]);
    expect(new FileMap([]).runs(0, 0)).toEqual([]);
  });

  it('refuses ranges outside and files with gaps', () => {
    for (const [at, length] of [
      [-1, 1],
      [0, 21],
      [20, 1],
      [1.5, 1],
      [0, Number.NaN],
      [0, -1],
      [Infinity, 0],
    ])
      expect(() => map.runs(at, length)).toThrow(RangeError);
    expect(() => new FileMap([{ path: ['a'], length: 1, offset: 1, pad: false }])).toThrow(
      /begins at 1, must be 0/,
    );
    expect(() => new FileMap(filesOf(['a', -1]))).toThrow(RangeError);
    expect(() => new FileMap(filesOf(['a', 2 ** 53 - 1], ['b', 1]))).toThrow(RangeError);
  });
});
