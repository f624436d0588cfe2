import { describe, expect, it } from 'vitest';
import { fromHex, utf8 } from '../../../../src/engine/bytes.js';
import { safeName, safePath } from '../../../../src/engine/protocol/safe-path.js';
import { uniquePaths } from '../../../../src/engine/protocol/safe-path-unique.js';

const hex = (text: string) => fromHex(text);

/** What a torrent says, what the name becomes, and what it becomes under Windows' rules if that differs. */
const NAMES: [raw: string | Uint8Array, name: string, windows?: string][] = [
  ['plain.txt', 'plain.txt'],
  ['with space (1) [x].tar.gz', 'with space (1) [x].tar.gz'],
  ['\u043f\u0440\u0438\u0432\u0435\u0442.txt', '\u043f\u0440\u0438\u0432\u0435\u0442.txt'],
  ['\u4e16\u754c', '\u4e16\u754c'],
  ['\u{1f600}.png', '\u{1f600}.png'],
  ['.hidden', '.hidden'],
  ['-rf', '-rf'],
  ['~', '~'],
  ['$(touch x)', '$(touch x)'],
  ['`id`;"', '`id`;"', '`id`;_'],
  ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>', '_img src=x onerror=alert(1)_'],
  // nothing usable
  ['', ''],
  ['.', ''],
  ['..', ''],
  ['/', ''],
  ['\\', ''],
  ['//\\\\', ''],
  ['/..', ''],
  ['../', ''],
  ['..\\', ''],
  ['\0', ''],
  ['.\0.', ''],
  ['\u200b', ''],
  ['\u202e..', ''],
  ['\ufeff.', ''],
  // separators
  ['../../etc/passwd', '....etcpasswd'],
  ['..\\..\\x', '....x'],
  ['/etc/passwd', 'etcpasswd'],
  ['C:\\Windows\\x', 'C:Windowsx', 'C_Windowsx'],
  ['\\\\server\\share', 'servershare'],
  ['a/b', 'ab'],
  ['...', '...', ''],
  ['....', '....', ''],
  ['. .', '. .', ''],
  // control and invisible characters
  ['a\0b', 'ab'],
  ['a\nb', 'a_b'],
  ['a\tb\r', 'a_b_'],
  ['\x1b[31mred', '_[31mred'],
  ['a\x7fb', 'a_b'],
  ['a\x85b', 'a_b'],
  ['a\u2028b\u2029', 'a_b_'],
  ['photo\u202egpj.exe', 'photogpj.exe'],
  ['\u2066a\u2069', 'a'],
  ['zero\u200bwidth\u200d', 'zerowidth'],
  ['\ufeffbom', 'bom'],
  ['\ud800x', '_x'],
  // device names of Windows
  ['CON', '_CON'],
  ['con.txt', '_con.txt'],
  ['aux', '_aux'],
  ['NUL.tar.gz', '_NUL.tar.gz'],
  ['Com1', '_Com1'],
  ['LPT9.log', '_LPT9.log'],
  ['com\u00b9', '_com\u00b9'],
  ['CONIN$', '_CONIN$'],
  ['con ', '_con ', '_con'],
  ['con .x', '_con .x'],
  ['prn:stream', '_prn:stream', 'prn_stream'],
  ['console.txt', 'console.txt'],
  ['com10', 'com10'],
  ['icon', 'icon'],
  // the end of a name
  ['dots...', 'dots...', 'dots'],
  ['space ', 'space ', 'space'],
  ['nul. ', '_nul. ', '_nul'],
  // other characters that Windows refuses
  ['what?', 'what?', 'what_'],
  ['a*b|c', 'a*b|c', 'a_b_c'],
  // bytes that are not UTF-8
  [hex('ff'), '_'],
  [hex('c0aec0ae'), '____'],
  [hex('2e2ec0af61'), '..__a'],
  [hex('61eda08062'), 'a___b'],
  [hex('b5e7b5c4'), '___'],
  [hex('efbbbf61'), 'a'],
];

describe('safeName', () => {
  it.each(NAMES)('%j', (raw, name, windows = name) => {
    expect(safeName(raw)).toBe(name);
    expect(safeName(raw, { windows: true })).toBe(windows);
    if (typeof raw === 'string' && !raw.includes('\ud800')) expect(safeName(utf8(raw))).toBe(name);
    // What is safe stays as it is.
    expect(safeName(name)).toBe(name);
    expect(safeName(windows, { windows: true })).toBe(windows);
  });

  it('keeps 255 bytes and cuts more, but not the extension', () => {
    expect(safeName('x'.repeat(255))).toBe('x'.repeat(255));
    expect(safeName('x'.repeat(256))).toBe('x'.repeat(240));
    expect(safeName(`${'x'.repeat(251)}.txt`)).toBe(`${'x'.repeat(251)}.txt`);
    expect(safeName(`${'x'.repeat(252)}.txt`)).toBe(`${'x'.repeat(240)}.txt`);
    expect(safeName(`x.${'y'.repeat(300)}`)).toBe(`x.${'y'.repeat(238)}`);
    expect(safeName('\u00e9'.repeat(128))).toBe('\u00e9'.repeat(120));
    expect(safeName(`x${'\u{1f600}'.repeat(70)}`)).toBe(`x${'\u{1f600}'.repeat(59)}`);
    expect(safeName(`con${' '.repeat(300)}x`, { windows: true })).toBe('_con');
  });
});

describe('safePath', () => {
  it.each([
    [['a', 'b.txt'], 'a/b.txt'],
    [['a', '..', 'b'], 'a/b'],
    [['.', 'a'], 'a'],
    [['', 'a'], '_/a'],
    [['a', ''], 'a/_'],
    [['/', '\\'], '_/_'],
    [['..', '..'], '_'],
    [[], '_'],
  ])('%j', (components, path) => {
    expect(safePath(components).join('/')).toBe(path);
  });
});

describe('uniquePaths', () => {
  const file = (path: string, pad = false, length = 1) => ({ path: path.split('/'), length, pad });
  const unique = (...files: (string | ReturnType<typeof file>)[]) =>
    uniquePaths(files.map(entry => (typeof entry === 'string' ? file(entry) : entry))).map(path =>
      path.join('/'),
    );

  it('numbers equal names before the extension', () => {
    expect(unique('a.txt', 'a.txt', 'a.txt', 'b', 'b')).toEqual(['a.txt', 'a.1.txt', 'a.2.txt', 'b', 'b.1']);
    expect(unique('.x', '.x', 'd/x', 'e/x')).toEqual(['.x', '.x.1', 'd/x', 'e/x']);
  });

  it('takes names for equal that differ in case or Unicode form alone', () => {
    expect(unique('a', 'A')).toEqual(['a', 'A.1']);
    expect(unique('D/x', 'd/X', 'd/y')).toEqual(['D/x', 'd/X.1', 'd/y']);
    expect(unique('\u00e9', 'e\u0301', '\u00c9')).toEqual(['\u00e9', 'e\u0301.1', '\u00c9.2']);
    expect(unique('stra\u00dfe', 'STRASSE')).toEqual(['stra\u00dfe', 'STRASSE.1']);
    expect(unique('\u212a', 'k', '\u03c3', '\u03c2')).toEqual(['\u212a', 'k.1', '\u03c3', '\u03c2.1']);
  });

  it('never makes a file of a folder', () => {
    expect(unique('a', 'a/b', 'a/b/c')).toEqual(['a.1', 'a/b.1', 'a/b/c']);
    expect(unique('a/b', 'A')).toEqual(['a/b', 'A.1']);
  });

  it('tells folders of one name apart', () => {
    const paths = ['a/b/x', 'c/y', 'a/b/c/y', 'a/c/y', 'a/b/y'];
    expect(unique(...paths)).toEqual(paths);
    expect(unique('a/b/x', 'c/y', 'a/b/X')).toEqual(['a/b/x', 'c/y', 'a/b/X.1']);
  });

  it('skips numbers that are taken', () => {
    expect(unique('a', 'a.1', 'a', 'a')).toEqual(['a', 'a.1', 'a.2', 'a.3']);
    expect(unique('a', 'a', 'a.1')).toEqual(['a', 'a.1', 'a.1.1']);
  });

  it('keeps numbered names within 255 bytes', () => {
    const long = `${'x'.repeat(251)}.txt`;
    expect(unique(long, long)[1]).toBe(`${'x'.repeat(240)}.1.txt`);
  });

  it('lets pads of one length share a name, and gives way between pads and files', () => {
    expect(unique(file('.pad/1', true), file('.pad/1', true))).toEqual(['.pad/1', '.pad/1']);
    expect(unique(file('.pad/1', true, 1), file('.pad/1', true, 2), '.pad/1')).toEqual([
      '.pad/1',
      '.pad/1.1',
      '.pad/1.2',
    ]);
  });

  it('gives up after 100 files of one name', () => {
    const files = (count: number) => uniquePaths(Array.from({ length: count }, () => file('same')));
    expect(files(100)[99]).toEqual(['same.99']);
    expect(() => files(101)).toThrow(expect.objectContaining({ code: 'ERR_METAINFO_LIMIT' }));
  });

  it('refuses a flood of folders', () => {
    const files = Array.from({ length: 4000 }, (_, i) => ({
      path: [...Array.from({ length: 99 }, (_, level) => `${i}.${level}`), 'f'],
      length: 1,
      pad: false,
    }));
    expect(() => uniquePaths(files)).toThrow(expect.objectContaining({ code: 'ERR_METAINFO_LIMIT' }));
  });
});
