import { describe, expect, it } from 'vitest';
import { type ErrorCode, MillraceError } from '../../../../src/engine/errors.js';
import { mapStorageError } from '../../../../src/engine/storage/errors.js';

const rows: [string, ErrorCode][] = [
  ['ENOSPC', 'ERR_STORAGE_FULL'],
  ['EDQUOT', 'ERR_STORAGE_FULL'],
  ['EACCES', 'ERR_STORAGE_ACCESS'],
  ['EPERM', 'ERR_STORAGE_ACCESS'],
  ['EROFS', 'ERR_STORAGE_ACCESS'],
  ['ETXTBSY', 'ERR_STORAGE_ACCESS'],
  ['ENOENT', 'ERR_STORAGE_MISSING'],
  ['ENOTDIR', 'ERR_STORAGE_MISSING'],
  ['ELOOP', 'ERR_STORAGE_PATH'],
  ['EISDIR', 'ERR_STORAGE_PATH'],
  ['EEXIST', 'ERR_STORAGE_PATH'],
  ['ENXIO', 'ERR_STORAGE_PATH'],
  ['ENAMETOOLONG', 'ERR_STORAGE_PATH'],
  ['EMFILE', 'ERR_STORAGE_HANDLES'],
  ['ENFILE', 'ERR_STORAGE_HANDLES'],
  ['EIO', 'ERR_STORAGE_IO'],
  ['constructor', 'ERR_STORAGE_IO'],
];

describe('mapStorageError', () => {
  it.each(rows)('%s is %s', (errno, code) => {
    const cause = Object.assign(new Error(`${errno}: at /home/somebody/x`), { code: errno });
    const error = mapStorageError(cause, 'x/y');
    expect(error).toBeInstanceOf(MillraceError);
    expect(error).toMatchObject({ code, facts: { path: 'x/y', errno }, cause });
    expect(error.message).toContain('x/y');
    expect(error.message).not.toContain('somebody');
  });

  it('calls a file what people call it', () => {
    const error = mapStorageError({ code: 'EACCES' }, '.', 'the folder');
    expect(error).toMatchObject({ message: 'the folder: access is refused (EACCES)', facts: { path: '.' } });
  });

  it('takes the plain error of a worker thread', () => {
    const plain = { code: 'ENOSPC', message: 'write failed' };
    expect(mapStorageError(plain, 'a')).toMatchObject({ code: 'ERR_STORAGE_FULL', cause: plain });
    const coded = { code: 'ERR_STORAGE_MISSING', message: 'a: too short' };
    expect(mapStorageError(coded, 'a')).toMatchObject({ ...coded, cause: coded });
  });

  it('leaves a coded error as it is and survives what is no error', () => {
    const coded = new MillraceError('ERR_CLOSED', 'closed');
    expect(mapStorageError(coded, 'a')).toBe(coded);
    for (const odd of [undefined, null, 'text', 7, {}, { code: 5 }])
      expect(mapStorageError(odd, 'a')).toMatchObject({ code: 'ERR_STORAGE_IO', facts: { errno: '' } });
  });
});
