import { describe, expect, it } from 'vitest';
import type { TorrentFile } from '../../../../src/engine/protocol/metainfo-types.js';
import { renameFiles } from '../../../../src/engine/protocol/rename.js';

const file = (path: string, pad = false) =>
  ({ path: path.split('/'), length: 1, pad }) as unknown as TorrentFile;
const ALBUM = [
  file('album/cd1/a.mp3'),
  file('album/cd1/b.mp3'),
  file('album/.pad/9', true),
  file('album/cd2/a.mp3'),
  file('album/notes'),
];
const renamed = (path: string, name: string, files = ALBUM) =>
  renameFiles(files, { path, name }).files.map(one => one.path.join('/'));

describe('renameFiles', () => {
  it('renames a file, a folder, the torrent itself, and leaves the rest and the original as they are', () => {
    expect(renamed('album/cd1/a.mp3', 'c.mp3')[0]).toBe('album/cd1/c.mp3');
    expect(renamed('album/cd1', 'one')).toEqual([
      'album/one/a.mp3',
      'album/one/b.mp3',
      'album/.pad/9',
      'album/cd2/a.mp3',
      'album/notes',
    ]);
    expect(renamed('album', 'x').every(path => path.startsWith('x/'))).toBe(true);
    expect(renamed('film', 'y', [file('film')])).toEqual(['y']);
    expect(ALBUM[0].path.join('/')).toBe('album/cd1/a.mp3');
    expect(renameFiles(ALBUM, { path: 'album/cd1/a.mp3', name: 'z' })).toMatchObject({
      folder: ['album', 'cd1'],
      from: 'a.mp3',
      to: 'z',
    });
  });

  it.each([
    ['../../etc/passwd', '....etcpasswd'],
    ['a/b\\c\0d', 'abcd'],
    ['\u202Egpj.exe', 'gpj.exe'],
    ['NUL', '_NUL'],
    ['x'.repeat(300), 'x'.repeat(240)],
  ])('makes %j a safe name', (name, safe) => {
    expect(renamed('album/notes', name)[4]).toBe(`album/${safe}`);
  });

  it.each(['', '.', '..', '/', '\0', '\u200b'])('refuses %j, of which nothing is left', name => {
    expect(() => renamed('album/notes', name)).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }));
  });

  it.each([
    '',
    'cd1',
    'album/',
    'album/cd3',
    'album/cd1/a.mp3/x',
    '../album',
    'album/cd',
    '/album',
    'album//notes',
  ])('knows no %j', path => {
    expect(() => renamed(path, 'x')).toThrow(expect.objectContaining({ code: 'ERR_NOT_FOUND' }));
  });

  it.each([
    ['album/cd1/a.mp3', 'b.mp3'],
    ['album/cd1', 'cd2'],
    ['album/cd1', 'CD2'],
    ['album/cd1', 'Notes'],
    ['album/notes', 'cd1'],
  ])('%s cannot be %s too', (path, name) => {
    expect(() => renamed(path, name)).toThrow(expect.objectContaining({ code: 'ERR_STORAGE_PATH' }));
  });

  it('lets a name change its case, or take that of padding, which is never on disk', () => {
    expect(renamed('album/cd1', 'CD1')[0]).toBe('album/CD1/a.mp3');
    expect(renamed('album/notes', '.pad')[4]).toBe('album/.pad');
  });
});
