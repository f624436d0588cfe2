import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExtents, writeExtents } from '../../../src/workers/file-io.js';

let folder: string;
const open: number[] = [];
const file = (name: string, content = '') => {
  writeFileSync(join(folder, name), content);
  const fd = openSync(join(folder, name), 'r+');
  open.push(fd);
  return fd;
};
const content = (name: string) => readFileSync(join(folder, name), 'latin1');
const memory = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-io-'));
});
afterAll(() => {
  for (const fd of open) closeSync(fd);
  rmSync(folder, { recursive: true });
});

describe('writeExtents', () => {
  it('writes slots that follow each other in a file, wherever they lie in memory', () => {
    const fd = file('runs');
    const bytes = memory('..aabb..dd..cc');
    const errors = writeExtents(bytes, [
      { at: 8, extents: [{ fd, position: 6, length: 2 }] },
      { at: 2, extents: [{ fd, position: 0, length: 2 }] },
      { at: 12, extents: [{ fd, position: 4, length: 2 }] },
      { at: 4, extents: [{ fd, position: 2, length: 2 }] },
    ]);
    expect(errors).toEqual([undefined, undefined, undefined, undefined]);
    expect(content('runs')).toBe('aabbccdd');
  });

  it('spreads a slot over files and skips padding', () => {
    const [one, two] = [file('one', 'xxxx'), file('two')];
    const bytes = memory('abcPPdefg');
    writeExtents(bytes, [
      {
        at: 0,
        extents: [
          { fd: one, position: 1, length: 3 },
          { fd: -1, position: 0, length: 2 },
          { fd: two, position: 0, length: 4 },
        ],
      },
    ]);
    expect([content('one'), content('two')]).toEqual(['xabc', 'defg']);
  });

  it('blames only the slots that failed', () => {
    const fd = file('good');
    const folderFd = openSync(folder, 'r');
    open.push(folderFd);
    const bytes = memory('aabbccdd');
    const errors = writeExtents(bytes, [
      { at: 0, extents: [{ fd, position: 0, length: 2 }] },
      { at: 2, extents: [{ fd: folderFd, position: 0, length: 2 }] },
      { at: 4, extents: [{ fd, position: 2, length: 2 }] },
      { at: 6, extents: [{ fd: folderFd, position: 2, length: 2 }] },
    ]);
    expect(errors[0]).toBeUndefined();
    expect(errors[1]).toMatchObject({ code: 'EBADF' });
    expect(errors[2]).toBeUndefined();
    expect(errors[3]).toMatchObject({ code: 'EBADF' });
    expect(content('good')).toBe('aacc');
  });
});

describe('readExtents', () => {
  it('fills from several files, zeros for padding', () => {
    const [one, two] = [file('r1', 'abcdef'), file('r2', 'xyz')];
    const bytes = memory('__________');
    const whole = readExtents(bytes, 1, [
      { fd: one, position: 2, length: 3 },
      { fd: -1, position: 0, length: 2 },
      { fd: two, position: 0, length: 3 },
    ]);
    expect(whole).toBe(true);
    expect(Buffer.from(bytes).toString('latin1')).toBe('_cde\0\0xyz_');
  });

  it('says when a file ends early', () => {
    const fd = file('short', 'abc');
    expect(readExtents(new Uint8Array(8), 0, [{ fd, position: 0, length: 4 }])).toBe(false);
  });

  it('throws what the system says', () => {
    const fd = openSync(folder, 'r');
    open.push(fd);
    expect(() => readExtents(new Uint8Array(8), 0, [{ fd, position: 0, length: 4 }])).toThrow('EISDIR');
  });
});
