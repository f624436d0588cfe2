import { describe, expect, it } from 'vitest';
import { listBits, noBits, setBit } from '../../../../src/engine/bits.js';
import { FileMap } from '../../../../src/engine/storage/file-map.js';
import { recover } from '../../../../src/engine/storage/recover.js';
import { filesOf } from './support.js';

// pieces of 10: a holds 0-1 and half of 2, b the other half of 2 and 3-4, c 5 after padding
const map = new FileMap(filesOf(['a', 25], ['b', 21], ['empty', 0], ['pad', 4, 'pad'], ['c', 8]));
const stamps = [
  { size: 25, mtimeMs: 1.5 },
  { size: 21, mtimeMs: 2.5 },
  { size: 0, mtimeMs: 3 },
  { size: -1, mtimeMs: 0 },
  { size: 8, mtimeMs: 4 },
];

function bits(...pieces: number[]): Uint8Array {
  const field = noBits(6);
  for (const piece of pieces) setBit(field, piece);
  return field;
}

function look(claimed: Uint8Array, hints: number[], current = stamps, then = stamps) {
  const { trusted, recheck, stampsMatch } = recover({ claimed, hints, stamps: then }, current, map, 10);
  return { trusted: listBits(trusted), recheck: listBits(recheck), stampsMatch };
}

function changed(index: number, stamp: { size: number; mtimeMs: number }) {
  return stamps.map((old, i) => (i === index ? stamp : old));
}

describe('recover', () => {
  it('trusts claims when all stamps match, and rechecks hints only', () => {
    expect(look(bits(0, 2, 5), [1, 2])).toEqual({ trusted: [0, 2, 5], recheck: [1], stampsMatch: true });
  });

  it.each([
    ['time', { size: 21, mtimeMs: 2.6 }],
    ['size', { size: 20, mtimeMs: 2.5 }],
    ['missing', { size: -1, mtimeMs: 0 }],
  ])('rechecks every piece that touches a file with another %s', (_, stamp) => {
    const result = look(bits(0, 1, 2, 3, 4, 5), [], changed(1, stamp));
    expect(result).toEqual({ trusted: [0, 1, 5], recheck: [2, 3, 4], stampsMatch: false });
  });

  it('never trusts a file that was missing and is', () => {
    const gone = changed(4, { size: -1, mtimeMs: 0 });
    expect(look(bits(0, 5), [], gone, gone)).toEqual({ trusted: [0], recheck: [5], stampsMatch: true });
  });

  it('trusts nothing without stamps, or with too few', () => {
    expect(look(bits(0, 5), [3], stamps, [])).toEqual({
      trusted: [],
      recheck: [0, 3, 5],
      stampsMatch: false,
    });
    expect(look(bits(0, 5), [], stamps.slice(0, 2))).toEqual({
      trusted: [0],
      recheck: [5],
      stampsMatch: false,
    });
  });

  it('skips hints that cannot be, and files without bytes', () => {
    expect(look(bits(), [-1, 6, 1e9])).toEqual({ trusted: [], recheck: [], stampsMatch: true });
    expect(look(bits(4), [], changed(2, { size: 1, mtimeMs: 9 }))).toMatchObject({ trusted: [4] });
  });
});
